"""The text that activates an environment in a shell, and defines `deactivate` there. Pure."""

import os
import re
import shlex
from collections.abc import Callable, Mapping

from msgspec import Struct

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OLD = "_runner_old_"
"""What comes before the name of a variable that keeps what there was before; programs get it, too."""

_CHANGED = "_RUNNER_CHANGED"
"""The variable that holds the names of those that the activation changed."""


class Activation(Struct, frozen=True):
    """What a shell is told: folders to put first on PATH, variables (None: unset), and a word for its prompt.

    The word holds nothing that a shell could take for more than text.
    """

    programs: tuple[str, ...]
    variables: Mapping[str, str | None]
    prompt: str

    @property
    def named(self) -> dict[str, str | None]:
        """The variables whose names a shell can say."""
        return {name: value for name, value in self.variables.items() if _NAME.fullmatch(name)}

    @property
    def unnamed(self) -> tuple[str, ...]:
        """The names that no shell can say."""
        return tuple(name for name in self.variables if not _NAME.fullmatch(name))


def outer_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables as they are when `deactivate` has undone the activation that made these."""
    changed = environ.get(_CHANGED, "").split()
    kept = {name: environ[_OLD + name] for name in changed if _OLD + name in environ}
    ours = {_CHANGED, *changed, *(_OLD + name for name in changed)}
    return {name: value for name, value in environ.items() if name not in ours} | kept


def posix(activation: Activation) -> str:
    """Return it for sh, bash, zsh and their like; fine with `set -eu`, too."""
    variables = {name: value for name, value in activation.named.items() if name != "PATH"}
    lines = [
        'case "$(command -v deactivate)" in deactivate) deactivate ;; esac',
        *(_posix_kept(name) for name in ("PATH", *variables)),
        f"{_CHANGED}='{' '.join(('PATH', *variables))}'; export {_CHANGED}",
        f"PATH={_posix_path(activation)}; export PATH",
        *(
            f"unset {name}" if value is None else f"{name}={shlex.quote(value)}; export {name}"
            for name, value in variables.items()
        ),
        f"unset {_OLD}PS1",
        'if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then',
        f'    {_OLD}PS1="${{PS1-}}"',
        f'    PS1="({activation.prompt}) ${{PS1-}}"',
        "fi",
        "deactivate() {",
        *(f"    {_posix_restored(name)}" for name in ("PATH", *variables)),
        f'    if [ -n "${{{_OLD}PS1+set}}" ]; then PS1="${{{_OLD}PS1}}"; unset {_OLD}PS1; fi',
        f"    unset {_CHANGED}",
        "    hash -r 2>/dev/null || :",
        "    unset -f deactivate",
        "}",
        "hash -r 2>/dev/null || :",
    ]
    return "".join(f"{line}\n" for line in lines)


def _posix_path(activation: Activation) -> str:
    """Return what PATH becomes: an empty folder in it, which means the current one, is in it no more."""
    outer = activation.named.get("PATH")
    first = os.pathsep.join((*activation.programs, *([outer] if outer else [])))
    if outer is not None:
        return shlex.quote(first)
    return shlex.quote(first) + '"${PATH:+:$PATH}"' if first else '"${PATH-}"'


def _posix_kept(name: str) -> str:
    return (
        f'if [ -n "${{{name}+set}}" ]; then {_OLD}{name}="${{{name}}}"; export {_OLD}{name};'
        f" else unset {_OLD}{name}; fi"
    )


def _posix_restored(name: str) -> str:
    return (
        f'if [ -n "${{{_OLD}{name}+set}}" ]; then {name}="${{{_OLD}{name}}}"; export {name};'
        f" unset {_OLD}{name}; else unset {name}; fi"
    )


def fish(activation: Activation) -> str:
    """Return it for fish."""
    variables = {name: value for name, value in activation.named.items() if name != "PATH"}
    outer = activation.named.get("PATH")
    path = "$PATH" if outer is None else " ".join(map(fish_quoted, outer.split(os.pathsep)))
    lines = [
        "if functions -q deactivate; deactivate; end",
        *(
            f"if set -q {name}; set -gx {_OLD}{name} ${name}; else; set -e {_OLD}{name}; end"
            for name in ("PATH", *variables)
        ),
        f"set -gx {_CHANGED} '{' '.join(('PATH', *variables))}'",
        f"set -gx PATH {' '.join(map(fish_quoted, activation.programs))} {path}",
        *(
            f"set -e {name}" if value is None else f"set -gx {name} {fish_quoted(value)}"
            for name, value in variables.items()
        ),
        'if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt',
        f"    functions -c fish_prompt {_OLD}fish_prompt",
        f"    function {_OLD}status; return $argv[1]; end",
        "    function fish_prompt",
        "        set -l status_before $status",
        f"        printf '(%s) ' {fish_quoted(activation.prompt)}",
        f"        {_OLD}status $status_before",
        f"        {_OLD}fish_prompt",
        "    end",
        "end",
        "function deactivate",
        *(
            f"    if set -q {_OLD}{name}; set -gx {name} ${_OLD}{name}; set -e {_OLD}{name};"
            f" else; set -e {name}; end"
            for name in ("PATH", *variables)
        ),
        f"    if functions -q {_OLD}fish_prompt",
        "        functions -e fish_prompt",
        f"        functions -c {_OLD}fish_prompt fish_prompt",
        f"        functions -e {_OLD}fish_prompt {_OLD}status",
        "    end",
        f"    set -e {_CHANGED}",
        "    functions -e deactivate",
        "end",
    ]
    return "".join(f"{line}\n" for line in lines)


def fish_quoted(text: str) -> str:
    """Return text as one word of fish."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def powershell(activation: Activation) -> str:
    """Return it for PowerShell. Written from its documentation, untested."""
    variables = {name: value for name, value in activation.named.items() if name != "PATH"}
    outer = activation.named.get("PATH")
    path = "$env:PATH" if outer is None else _powershell_quoted(outer)
    first = _powershell_quoted("".join(f"{folder}{os.pathsep}" for folder in activation.programs))
    lines = [
        "if (Test-Path function:deactivate) { deactivate }",
        f"$env:{_CHANGED} = '{' '.join(('PATH', *variables))}'",
        f"foreach ($name in $env:{_CHANGED} -split ' ') {{",
        f"    if (Test-Path env:$name) {{ Set-Item env:{_OLD}$name (Get-Item env:$name).Value }}",
        f"    else {{ Remove-Item -ErrorAction SilentlyContinue env:{_OLD}$name }}",
        "}",
        f"$env:PATH = {first} + {path}",
        *(
            f"Remove-Item -ErrorAction SilentlyContinue env:{name}"
            if value is None
            else f"$env:{name} = {_powershell_quoted(value)}"
            for name, value in variables.items()
        ),
        f"$global:{_OLD}prompt = $function:prompt",
        "if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {",
        "    function global:prompt {",
        f"        Write-Host -NoNewline {_powershell_quoted(f'({activation.prompt}) ')}",
        f"        & $global:{_OLD}prompt",
        "    }",
        "}",
        "function global:deactivate {",
        f"    foreach ($name in $env:{_CHANGED} -split ' ') {{",
        f"        if (Test-Path env:{_OLD}$name) {{",
        f"            Set-Item env:$name (Get-Item env:{_OLD}$name).Value",
        f"            Remove-Item env:{_OLD}$name",
        "        } else { Remove-Item -ErrorAction SilentlyContinue env:$name }",
        "    }",
        f"    Remove-Item env:{_CHANGED}",
        f"    $function:global:prompt = $global:{_OLD}prompt",
        "    Remove-Item function:deactivate",
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _powershell_quoted(text: str) -> str:
    """Return text in single quotes; PowerShell takes curly ones for such, too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


SCRIPTS: Mapping[str, Callable[[Activation], str]] = {
    "bash": posix,
    "zsh": posix,
    "fish": fish,
    "sh": posix,
    "powershell": powershell,
}
"""What gives the text, by the name of the shell."""
