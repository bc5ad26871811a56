# ruff: noqa: INP001 - Sphinx imports it by its name, from a folder that is no package
"""Reference of what plugins fill and import, made from the code while the pages are built.

`hooks` lists the hooks; `public-names MODULE` what a module has in `__all__`; `inner-values MODULE` the
structs that these hold and that are not public.
"""

import importlib
from collections.abc import Iterable

from described import Entry, hooks, inner, names
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


def sections(entries: Iterable[Entry]) -> list[nodes.Node]:
    """Return a section for each entry."""
    return [section(entry) for entry in entries]


def section(entry: Entry) -> nodes.section:
    """Return a section with the declaration, what the docstring says, and the members."""
    made = nodes.section(ids=[nodes.make_id(entry.name)], names=[entry.name.lower()])
    made += nodes.title(entry.name, "", nodes.literal(text=entry.name))
    made += code(entry.declaration)
    made += paragraphs(entry.doc)
    for member in entry.members:
        item = nodes.definition_list_item()
        item += nodes.term("", "", nodes.literal(text=member.declaration))
        item += nodes.definition("", *paragraphs(member.doc))
        made += nodes.definition_list("", item)
    return made


def code(text: str) -> nodes.literal_block:
    """Return a block of Python."""
    return nodes.literal_block(text, text, language="python")


def paragraphs(doc: str) -> list[nodes.Node]:
    """Return the paragraphs of a docstring: text between backquotes as code, and what is indented."""
    made: list[nodes.Node] = []
    for part in filter(None, doc.split("\n\n")):
        if part.startswith("    "):
            made.append(code(part))
            continue
        paragraph = nodes.paragraph()
        for at, piece in enumerate(" ".join(part.split()).split("`")):
            if piece:
                paragraph += nodes.literal(text=piece) if at % 2 else nodes.Text(piece)
        made.append(paragraph)
    return made


class Hooks(Directive):
    """The hooks that plugins may fill."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        return sections(hooks())


class PublicNames(Directive):
    """What a module has in `__all__`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        return sections(names(importlib.import_module(self.arguments[0])))


class InnerValues(Directive):
    """The structs that the values of a module hold, and that are not public."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        return sections(inner(importlib.import_module(self.arguments[0])))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directives."""
    app.add_directive("hooks", Hooks)
    app.add_directive("public-names", PublicNames)
    app.add_directive("inner-values", InnerValues)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
