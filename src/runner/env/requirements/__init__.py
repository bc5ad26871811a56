"""What a cell wants installed, as text, and the text of what it is pinned to."""
