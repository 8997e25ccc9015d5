"""Makes mypy's cache of the standard library, once, where the analyzers are installed.

`stdlib_cache.py FOLDER PACKAGES`, with mypy among the packages. Without it every answer would have
the stubs of the standard library parsed again, which takes longer than all the rest. In the cages
it is read-only: nothing of an answer comes into it.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Final

INSIDE: Final = "/opt/analyzers/mypy-cache"
"""Where every cage has it."""

FLAGS: Final = (
    "--config-file=", "--no-site-packages", "--no-sqlite-cache", "--python-version=3.11",
    "--platform=linux", "--ignore-missing-imports", "--check-untyped-defs",
    "--explicit-package-bases", "--no-error-summary", "--output=json",
)  # fmt: skip
"""Of mypy over answers; it does not use a cache that was made with others.

An empty name is no configuration at all: one could name plugins, which are programs. The cache is
of plain files, since a database that is closed for writing cannot even be read.
"""

LEFT_OUT: Final = frozenset({"antigravity", "this"})
DEEPER: Final = (
    "collections.abc", "concurrent.futures", "email.mime.text", "http.server", "importlib.util",
    "logging.handlers", "multiprocessing.pool", "os.path", "unittest.mock", "urllib.request",
    "xml.dom.minidom", "xml.etree.ElementTree",
)  # fmt: skip
"""Parts of packages that the packages themselves do not import."""


def main(folder: str, packages: str) -> int:
    """Fill `folder`; 1 when mypy failed."""
    sys.path.insert(0, packages)
    top = {name for name in sys.stdlib_module_names if not name.startswith("_")} - LEFT_OUT
    with tempfile.TemporaryDirectory() as place:
        seed = Path(place, "seed.py")
        seed.write_text("".join(f"import {name}\n" for name in (*sorted(top), *DEEPER)))
        api = importlib.import_module("mypy.api")
        said, failed, code = api.run([*FLAGS, f"--cache-dir={folder}", str(seed)])
        for left in Path(folder).glob("*/seed.*"):
            left.unlink()
    sys.stderr.write(said + failed)
    return int(code != 0)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
