"""Where keys and elements of a TOML document stand."""

from textwrap import dedent

from runner.config.positions import KeyPath, locate


def test_every_way_to_write_a_key_is_located() -> None:
    text = dedent(
        """\
        a = 1                       # 1
        "b.c" = 2
        'd"' = 3
        e."f".g = 4
        e.h = [                     # 5
            1, [2,
            3], # [9]
            { x = 1, y.z = "}" },
        ]
        "t\\u0061b\\t" = '''
        [no.table]
        ''''
        "empty" = ""

        [sessions.tests]            # 15
        deps = []
        [[sessions.tests.when]]
        match = { python = "3" }
        [sessions.tests.when.env]
        A = '''x'''
        [[sessions.tests.when]]     # 21
        B = \"\"\"
          \\\"\"\"
          ""\"\"\"
        C = 1979-05-27 07:32:00
        D = [1979-05-27 07:32:00, 07:32:00]
        [sessions]                  # 27
        """
    )
    assert locate(text) == {
        ("a",): 1,
        ("b.c",): 2,
        ('d"',): 3,
        ("e",): 4,
        ("e", "f"): 4,
        ("e", "f", "g"): 4,
        ("e", "h"): 5,
        ("e", "h", 0): 6,
        ("e", "h", 1): 6,
        ("e", "h", 1, 0): 6,
        ("e", "h", 1, 1): 7,
        ("e", "h", 2): 8,
        ("e", "h", 2, "x"): 8,
        ("e", "h", 2, "y"): 8,
        ("e", "h", 2, "y", "z"): 8,
        ("tab\t",): 10,
        ("empty",): 13,
        ("sessions",): 27,
        ("sessions", "tests"): 15,
        ("sessions", "tests", "deps"): 16,
        ("sessions", "tests", "when"): 17,
        ("sessions", "tests", "when", 0): 17,
        ("sessions", "tests", "when", 0, "match"): 18,
        ("sessions", "tests", "when", 0, "match", "python"): 18,
        ("sessions", "tests", "when", 0, "env"): 19,
        ("sessions", "tests", "when", 0, "env", "A"): 20,
        ("sessions", "tests", "when", 1): 21,
        ("sessions", "tests", "when", 1, "B"): 22,
        ("sessions", "tests", "when", 1, "C"): 25,
        ("sessions", "tests", "when", 1, "D"): 26,
        ("sessions", "tests", "when", 1, "D", 0): 26,
        ("sessions", "tests", "when", 1, "D", 1): 26,
    }


def test_windows_line_ends_count_once() -> None:
    assert locate("a = 1\r\n\r\n[b]\r\nc = [\r\n1,\r\n]\r\n")["b", "c", 0] == 5


def test_an_empty_document_has_no_positions() -> None:
    assert locate("") == locate("\n# nothing\n") == {}


def test_deep_nesting_is_followed() -> None:
    innermost: KeyPath = ("a", *([0] * 1999))
    assert locate("a = " + "[" * 2000 + "]" * 2000)[innermost] == 1
