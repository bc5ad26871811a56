"""Which key stands in which table, to tell people who wrote it in another, or as another tool calls it."""

TOP = (
    "requires-runner",
    "requires-plugins",
    "default",
    "plugins",
    "work-dir",
    "missing-python",
    "lock-max-age",
    "exclude-newer",
    "run-timeout",
    "max-cells",
    "limits",
    "redact",
    "package",
    "defaults",
    "sessions",
)
SHAPE = (
    "type",
    "python",
    "matrix",
    "include",
    "exclude",
    "when",
    "extends",
    "default",
    "description",
    "tags",
    "needs",
    "after",
    "platforms",
)

BESIDE_SETTINGS = ("match", "value", "platform")
"""What else can stand in a table with settings: in a `when` block, in one of a label, and in `include`."""

_OF_OTHER_TOOLS = {
    "allowlist_externals": "`allow-external`",
    "base_python": "`python`",
    "basepython": "`python`",
    "change_dir": "`cwd`",
    "changedir": "`cwd`",
    "commands_post": "`teardown`",
    "commands_pre": "`setup`",
    "dependencies": "`deps`",
    "dependency_groups": "`groups`",
    "depends": "`after`, or `needs` where it must have passed",
    "envlist": "`default`, and each session's `python` and `matrix`",
    "env_list": "`default`, and each session's `python` and `matrix`",
    "ignore_outcome": "`allow-failure`",
    "labels": "`tags`",
    "parametrize": "`matrix`",
    "passenv": "`pass-env`",
    "set_env": "`env`",
    "setenv": "`env`",
    "skip_install": '`package = "none"`',
    "venv_backend": "`backend`",
}

IN_OTHER_WORDS = {name: f"unknown key; here it is {ours}" for name, ours in _OF_OTHER_TOOLS.items()}

OF_BACKENDS = {
    "conda": ("conda-deps", "channels", "channel-priority", "environment-file", "virtual-packages"),
    "pipenv": ("pipfile", "categories"),
}
"""The keys of the backends that runner's own plugins bring: without such a backend, no plugin is asked."""

_OF_SESSIONS = "shapes a session: it stands in [defaults] or [sessions.NAME], not here"
_AT_THE_TOP = "stands at the top of the file, above its tables, not here"

OUTSIDE_SETTINGS = {
    **dict.fromkeys(TOP, _AT_THE_TOP),
    **dict.fromkeys(SHAPE, _OF_SESSIONS),
    **IN_OTHER_WORDS,
}
"""What to say of keys that do not stand where only settings do."""

OUTSIDE_SESSIONS = {
    **{key: _AT_THE_TOP for key in TOP if key not in SHAPE and key != "package"},
    **IN_OTHER_WORDS,
}
"""What to say of keys that do not stand in sessions."""


def outside_top(settings: tuple[str, ...]) -> dict[str, str]:
    """Return what to say of keys that do not stand at the top."""
    message = "is a key of sessions: it stands in [defaults] or [sessions.NAME], not here"
    others = (key for keys in OF_BACKENDS.values() for key in keys)
    return {**IN_OTHER_WORDS, **dict.fromkeys((*SHAPE, *settings, *others), message)}
