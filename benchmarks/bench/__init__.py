"""What `run.py` and `table.py` are made of: samples, tools, measuring, reporting."""
