"""Who creates environments."""
