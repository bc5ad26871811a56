"""The fixtures of the plugin's tests. mypy knows but one module called conftest, so they stand in another."""

from channel_fixtures import channel, configure, python_package

__all__ = ["channel", "configure", "python_package"]
