"""What a variable can be called, and what no text for a program can hold."""


def variable_problem(name: str) -> str:
    """Say what is wrong with the name of an environment variable."""
    if not name or "=" in name or "\0" in name:
        return "is no name for a variable: it may not be empty, or hold `=` or a NUL character"
    return ""


def text_problem(text: str) -> str:
    """Say why text can be neither an argument nor the value of a variable."""
    if "\0" in text:
        return "holds a NUL character: no program or variable can"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds characters that UTF-8 does not have: no requirement or variable can"
    return ""
