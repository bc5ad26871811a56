"""The variables that our helpers see: installers, interpreters, virtualenv."""

import logging
import re
from collections.abc import Mapping

from runner.model.globs import Globs

_INSTALLER_NAMES = Globs(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "LC_*", "TZ"),
        *("TMPDIR", "TEMP", "TMP", "XDG_*", "SSH_*", "GIT_*", "*_proxy", "*_PROXY"),
        *("SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"),
        *("CC", "CXX", "CPP", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "LD_LIBRARY_PATH"),
        *("PKG_CONFIG*", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "ARCHFLAGS"),
        *("CARGO_*", "RUSTUP_*", "RUSTFLAGS", "KEYRING_*", "DBUS_SESSION_BUS_ADDRESS", "UV_*", "PIP_*"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA"),
        *("PROGRAMDATA", "PROGRAMFILES*", "USERPROFILE", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
    )
)
"""What an installer may see, and the builds that it starts: no secret of a cell is among them."""

_REDIRECTING = Globs(
    (
        *(
            "UV_PYTHON",
            "UV_SYSTEM_PYTHON",
            "UV_MANAGED_PYTHON",
            "UV_NO_MANAGED_PYTHON",
            "UV_PYTHON_PREFERENCE",
        ),
        *("UV_BREAK_SYSTEM_PACKAGES", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR*"),
        "UV_NO_INSTALLER_METADATA",
        *(
            "PIP_TARGET",
            "PIP_PREFIX",
            "PIP_ROOT",
            "PIP_USER",
            "PIP_PYTHON",
            "PIP_REQUIRE_VIRTUALENV",
            "PIP_DRY_RUN",
        ),
    )
)
"""Settings that would send an install elsewhere than into the environment that it is for, or hide by whom."""

_OF_PYTHON = Globs(("PYTHON*", "__PYVENV_LAUNCHER__", "VIRTUALENV_*", "VIRTUAL_ENV"))
_SILENCE = logging.NullHandler()
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def installer_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what uv and pip see of `environ`: their settings whole, nothing of an active environment."""
    return {
        name: value
        for name, value in environ.items()
        if _INSTALLER_NAMES.match(name) and not _REDIRECTING.match(name)
    }


def interpreter_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without what changes how a Python or virtualenv starts and finds itself."""
    return {name: value for name, value in environ.items() if not _OF_PYTHON.match(name)}


def silence_libraries() -> None:
    """Keep warnings that libraries log off our stderr, where logging writes them without any handler."""
    for name in ("python_discovery", "virtualenv", "filelock", "packaging"):
        logging.getLogger(name).addHandler(_SILENCE)


def plain(text: str) -> str:
    """Return what a program said without terminal codes and without blank ends."""
    return "\n".join(line.rstrip() for line in _ANSI.sub("", text).splitlines()).strip("\n")
