"""What the table asserts of an outcome beyond its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandboxes.protocol import Outcome, Status

if TYPE_CHECKING:
    from tests.hostile.case import Assertion

OVERRUN_S = 0.6
"""How far past a limit a machine with busy neighbours may be."""


def exits(code: int) -> Assertion:
    """The program's own exit code is told, whatever it said on others' behalf."""

    def check(outcome: Outcome) -> None:
        assert outcome.exit_code == code, outcome

    return check


def stdout(text: bytes) -> Assertion:
    """Standard output, byte for byte."""

    def check(outcome: Outcome) -> None:
        assert outcome.stdout == text, outcome.stdout[:200]

    return check


def sizes(of_stdout: int, of_stderr: int) -> Assertion:
    """How much of each stream arrived."""

    def check(outcome: Outcome) -> None:
        assert (len(outcome.stdout), len(outcome.stderr)) == (of_stdout, of_stderr)

    return check


def cut(*streams: str, at: int) -> Assertion:
    """Output was cut at the limit, and it is told which stream."""

    def check(outcome: Outcome) -> None:
        assert set(outcome.truncated) <= set(streams), outcome.truncated
        assert outcome.truncated
        for name in outcome.truncated:
            assert len(getattr(outcome, name)) == at

    return check


def collected(**files: bytes) -> Assertion:
    """Exactly these files came out."""

    def check(outcome: Outcome) -> None:
        assert dict(outcome.artifacts) == files, sorted(outcome.artifacts)

    return check


def collected_sizes(**files: int) -> Assertion:
    """Files of these sizes came out, and no others."""

    def check(outcome: Outcome) -> None:
        found = {name: len(content) for name, content in outcome.artifacts.items()}
        assert found == files

    return check


def only_plain(outcome: Outcome) -> None:
    """Whatever won the race, nothing but the plain file's bytes came out."""
    assert set(outcome.artifacts.values()) <= {b"plain", b""}


def filled_at_most(megabytes: int) -> Assertion:
    """The program reports how much it could write; all places together count."""

    def check(outcome: Outcome) -> None:
        if outcome.status is not Status.OK:
            return
        written = int(outcome.stdout.rpartition(b"filled ")[2])
        assert 0 < written <= megabytes << 20

    return check


def marginal_or_late(outcome: Outcome) -> None:
    """An answer at the last moment is never a confident one."""
    assert outcome.marginal or outcome.status is Status.WALL_LIMIT, outcome


def cpu_at_most(seconds: float) -> Assertion:
    """The group's processor time was cut where it should be."""

    def check(outcome: Outcome) -> None:
        assert outcome.usage.cpu_s <= seconds + OVERRUN_S, outcome.usage

    return check


def wall_at_most(seconds: float) -> Assertion:
    """The end came in time."""

    def check(outcome: Outcome) -> None:
        assert outcome.usage.wall_s <= seconds + OVERRUN_S, outcome.usage

    return check
