"""Tables from Markdown, as rows or as YAML."""

__version__ = "1.3.0"


def rows(text):
    """Return the rows of the first table of a text, each a dict by the names of its columns."""
    lines = [line.strip().strip("|") for line in text.splitlines() if line.lstrip().startswith("|")]
    if not lines:
        return []
    names, _, *body = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(names, cells, strict=True)) for cells in body]


def as_yaml(text):
    """Return the rows of the first table as YAML, which takes the extra ``yaml``."""
    import yaml

    return yaml.safe_dump(rows(text), sort_keys=False)
