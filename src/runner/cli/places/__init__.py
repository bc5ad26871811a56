"""What `runner env` does: lasting environments, made, listed, entered, exported and removed."""
