"""`python -m benchmarks`: what `tos-validator bench` runs."""

from __future__ import annotations

from benchmarks.report import main

if __name__ == "__main__":
    raise SystemExit(main())
