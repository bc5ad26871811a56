"""Plugins: the hooks they fill (`spec`), how they are loaded (`loading`) and called (`manager`)."""
