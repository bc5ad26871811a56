"""uv and pip, with their settings."""
