"""The project's own rules for semgrep: one source for each language, joined into one file.

All of them were written for this project. The public rule sets may not be used in a paid service
(the registry's carry the Commons Clause, others CC BY-NC).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
JOINED: Final = "rules.json"
"""All rules in one file loads two to three times faster than a folder of files."""


@cache
def joined() -> bytes:
    """Return the file that semgrep is given: JSON, which is YAML too."""
    return (FOLDER / JOINED).read_bytes()


@cache
def digest() -> str:
    """First 12 hex digits of the SHA-256 of the rules in force."""
    return hashlib.sha256(joined()).hexdigest()[:12]
