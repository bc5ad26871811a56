"""Titles as file names."""

import os
import re
import unicodedata

LANGUAGE = os.environ.get("SLUGGER_LANGUAGE", "en")
WORDS = {"en": "and", "de": "und", "fr": "et"}


def slug(title):
    title = title.replace("&", f" {WORDS[LANGUAGE]} ")
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
