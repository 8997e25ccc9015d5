"""`python -m examples`: stop signals become a flag before anything slow is imported."""

from __future__ import annotations

from examples.demo.stopping import Stop


def _run() -> int:
    with Stop() as stop:
        from examples.demo.command import main

        return main(stop)


if __name__ == "__main__":
    raise SystemExit(_run())
