"""A Django app that gives long addresses short names."""
