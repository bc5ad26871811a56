"""Which variables hold secrets, by their names."""

LEAST = 6
"""Characters that a secret must have: what is shorter stands in too much text that is none."""

SHOWN = "***"
"""What stands for a secret."""

_PARTS = ("TOKEN", "SECRET", "PASSW", "API_KEY", "PRIVATE_KEY", "CREDENTIAL")


def looks_secret(name: str) -> bool:
    """Say whether a variable of that name is likely to hold a secret."""
    return any(part in name.upper() for part in _PARTS)


def long_enough(value: str) -> bool:
    """Say whether a value can be looked for: blanks around it do not count."""
    return len(value.strip()) >= LEAST
