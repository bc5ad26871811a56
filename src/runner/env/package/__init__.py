"""The project as a wheel: its tree, its build, and the wheels that are remembered."""
