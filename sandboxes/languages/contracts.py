"""Solidity and Vyper for the embedded cage: what `make setup-contracts` laid ready.

The programs that call the compilers are those of the image; the compilers, Slither and Vyper come
from the same lock files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from sandboxes.languages.host import Provision, node

MEND: Final = "run `make setup-contracts`, or use Docker"
SOURCE: Final = Path(__file__).parents[1] / "images" / "contracts"
INSIDE: Final = "/opt/solidity"
PROGRAMS: Final = (
    "compile.js", "compilers.js", "detectors.py", "scan.js", "scan.py", "solc.js", "sources.js",
)  # fmt: skip
SCRIPTS: Final = ("contract-scan", "solc-unit")
SOLC: Final = f'#!/bin/sh\nexec node {INSIDE}/solc.js "$@"\n'
VYPER: Final = '#!/bin/sh\nPYTHONPATH=/opt/vyper exec python3 -m vyper.cli.vyper_compile "$@"\n'


def folder() -> Path:
    """Return where they are in this environment, whether or not they have been made."""
    return Path(sys.prefix) / "contracts"


def solidity() -> Provision:
    """Node, the compilers, and Slither where it is there."""
    runtime = node()
    if runtime.missing:
        return runtime
    modules = folder() / "node_modules"
    if not (modules / "solc" / "soljson.js").is_file():
        return Provision(missing=MEND)
    binds = {**runtime.binds, str(modules): f"{INSIDE}/node_modules"}
    binds |= {str(SOURCE / name): f"{INSIDE}/{name}" for name in PROGRAMS}
    scripts = {"solc": SOLC}
    slither = folder() / "slither"
    if (slither / "slither").is_dir():
        binds[str(slither)] = "/opt/slither"
        scripts |= {name: (SOURCE / name).read_text(encoding="ascii") for name in SCRIPTS}
    return Provision(binds=binds, names=runtime.names, scripts=scripts)


def vyper() -> Provision:
    """Vyper on the cage's own Python."""
    packages = folder() / "vyper"
    if not (packages / "vyper").is_dir():
        return Provision(missing=MEND)
    return Provision(binds={str(packages): "/opt/vyper"}, scripts={"vyper": VYPER})
