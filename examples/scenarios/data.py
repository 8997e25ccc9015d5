"""The scenarios' task folders, made whole: real purchases come from an installed package.

The purchases are the CDNOW sample (6,919 orders of 2,357 customers, 1997 and 1998), which the package
`lifetimes` carries under the MIT licence. Only its data file is read.
"""

from __future__ import annotations

import csv
import io
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

from examples.demo.corpus import CorpusError

TASKS: Final = Path(__file__).resolve().parent.parent / "scenario-tasks"
_PACKAGE: Final = "lifetimes"
_FILE: Final = "CDNOW_sample.txt"
_HEADER: Final = ("customer", "date", "items", "amount")


def lay_out(folder: Path) -> Path:
    """Copy the task folders into `folder`, the purchases beside their task. Raises CorpusError."""
    shutil.copytree(TASKS, folder, dirs_exist_ok=True)
    (folder / "purchase-report" / "orders.csv").write_text(orders(), encoding="utf-8")
    return folder


def orders() -> str:
    """Return the purchases as CSV: customer, date (ISO 8601), items, amount in dollars."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    for line in _source().read_text(encoding="ascii").splitlines():
        customer, _, day, items, amount = line.split()
        writer.writerow((customer, f"{day[:4]}-{day[4:6]}-{day[6:]}", items, amount))
    return out.getvalue()


def _source() -> Path:
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError:
        listed = []
    for path in listed:
        if path.name == _FILE:
            return Path(str(path.locate()))
    raise CorpusError(f"the purchases are in the package {_PACKAGE}; run `make setup` to get it")
