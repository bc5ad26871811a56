"""Our tests use the harness that plugin authors use."""

pytest_plugins = ["runner.testing.plugin"]
