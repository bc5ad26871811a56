import importlib.util

import pytest
from marktable import as_yaml, rows
from marktable.command import main

TABLE = """
| name  | colour |
|-------|--------|
| grass | green  |
| sky   | blue   |
"""
WITH_YAML = importlib.util.find_spec("yaml") is not None


def test_rows_are_read():
    assert rows(TABLE) == [{"name": "grass", "colour": "green"}, {"name": "sky", "colour": "blue"}]


def test_a_text_without_a_table_has_no_rows():
    assert rows("nothing\nhere") == []


@pytest.mark.skipif(not WITH_YAML, reason="PyYAML is optional")
def test_rows_become_yaml():
    assert as_yaml(TABLE).splitlines()[:2] == ["- name: grass", "  colour: green"]


def test_the_program_prints_what_it_can(tmp_path, capsys):
    file = tmp_path / "table.md"
    file.write_text(TABLE)
    main([str(file)])
    first = capsys.readouterr().out.splitlines()[0]
    assert first == ("- name: grass" if WITH_YAML else "{'name': 'grass', 'colour': 'green'}")
