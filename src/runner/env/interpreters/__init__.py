"""Which Python a cell asks for: candidates by name, what they say of themselves, and remembered answers."""
