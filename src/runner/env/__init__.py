"""Environments: interpreters, the project's package, locks, backends, installers, and the folders they use.

`workshop` ties them together. Import what you need from its module: some load much, some nothing.
"""
