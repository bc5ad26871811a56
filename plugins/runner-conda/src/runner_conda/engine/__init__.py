"""The only package that imports rattler: plain functions over it, whose every failure is a CellError."""
