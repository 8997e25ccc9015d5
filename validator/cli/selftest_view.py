"""The self-check of a cage, shown line by line while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.cli.output import print_json, show, stdout

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox
    from sandboxes.selfcheck import Line, Report


def run_selftest(cage: Sandbox, *, as_json: bool) -> Report:
    """Attack the cage, and show what was seen."""
    from sandboxes.selfcheck import run_selfcheck

    if as_json:
        report = run_selfcheck(cage)
        lines = [line_to_json(line) for line in report.lines]
        print_json({"backend": report.backend, "ok": report.ok, "properties": lines})
        return report
    console = stdout()

    def tell(line: Line) -> None:
        style = "green" if line.ok else "bold red"
        detail = f" ({line.detail})" if line.detail and not line.ok else ""
        console.print(show(f"{_verdict(line):<14}", style), show(f"{line.sentence}{detail}"))

    report = run_selfcheck(cage, on_line=tell)
    told = f"{len(report.lines) - len(report.failed)} of {len(report.lines)} as declared"
    console.print(show(f"{report.backend}: {told}", "bold green" if report.ok else "bold red"))
    return report


def line_to_json(line: Line) -> dict[str, Any]:
    """Return one property's result."""
    return {
        "property": line.name,
        "sentence": line.sentence,
        "declared": line.declared.value,
        "seen": line.seen,
        "ok": line.ok,
        "detail": line.detail,
        "seconds": round(line.seconds, 3),
    }


def _verdict(line: Line) -> str:
    return line.declared.value if line.ok else "CONTRADICTED"
