"""The hash by which runner tells a stale Pipfile.lock, beside the one of pipenv itself."""

import json
import subprocess
import sys
from pathlib import Path

from runner.env.given.pipfile import pipfile_sha256
from runner.model.toml import parse

SOURCE = '[[source]]\nname = "pypi"\nurl = "https://pypi.org/simple"\nverify_ssl = true\n\n'
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
print(json.dumps([Pipfile.load(io.StringIO(text)).get_hash().value for text in json.load(sys.stdin)]))
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
    assert [pipfile_sha256(parse(text)) for text in PIPFILES] == json.loads(asked.stdout)
