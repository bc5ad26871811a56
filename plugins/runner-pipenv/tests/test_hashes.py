"""The hash by which runner tells a stale Pipfile.lock, beside the one of pipenv itself."""

import json
import subprocess
import sys
from pathlib import Path

from runner.env.given.pipfile import pipfile_sha256
from runner.env.given.pipfile_lock import Source
from runner.model.encode import converted
from runner.model.toml import parse

SOURCE = '[[source]]\nname = "ours"\nurl = "https://example.invalid/simple"\nverify_ssl = true\n\n'
PIPFILES = (
    "",
    '[packages]\nsix = "*"\n',
    SOURCE + '[packages]\nsix = "*"\n',
    SOURCE.replace("https://", "https://${WHO}:${WORD}@") + '[packages]\n"Zope.Interface" = ">=5"\n',
    '[requires]\npython_version = "3.11"\n[scripts]\ntest = "pytest"\n[pipenv]\nallow_prereleases = true\n',
    """[packages]\na = {version = "*", extras = ["x", "y"], markers = "os_name == 'nt'"}\n""",
    '[packages.b]\ngit = "https://example.invalid/b.git"\nref = "main"\neditable = true\n',
    '[dev-packages]\npytest = "~=8.0"\n\n[docs]\nsphinx = "*"\n\n[docs-extra]\nfuro = {path = "./f"}\n',
    '[packages]\nname = "gr\u00fc\u00df"\n"a.b".version = "1"\n',
    '[develop]\nsix = "*"\n[default]\nsix = "*"\n',
)
ASK = """
import io, json, sys
from pipenv.vendor.plette import Pipfile
files = [Pipfile.load(io.StringIO(text)) for text in json.load(sys.stdin)]
print(json.dumps([[file.get_hash().value, file._data["source"]] for file in files]))
"""


def test_the_hashes_are_those_of_pipenv(tmp_path: Path) -> None:
    asked = subprocess.run(
        (sys.executable, "-c", ASK),
        input=json.dumps(PIPFILES),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    answers = converted(json.loads(asked.stdout), list[tuple[str, tuple[Source, ...]]])
    hashes = [pipfile_sha256(parse(text), of[1]) for text, of in zip(PIPFILES, answers, strict=True)]
    assert hashes == [hash_ for hash_, _ in answers]
