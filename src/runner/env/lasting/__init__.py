"""Lasting environments: places to work, kept in step with the locks of their cells."""
