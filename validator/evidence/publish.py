"""Writes the published JSON Schema: `python -m validator.evidence.publish docs/schemas`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from validator.evidence.predicate import json_schema


def main(folder: Path) -> None:
    """Write the schema of the predicate into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(json_schema(), indent=2, ensure_ascii=True) + "\n"
    (folder / "verdict-predicate-1.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
