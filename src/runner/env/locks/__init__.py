"""Which exact versions a cell gets: committed, remembered, or resolved now."""
