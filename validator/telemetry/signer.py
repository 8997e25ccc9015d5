"""The signer in figures for Prometheus, made from what its socket's `status` tells.

The signer serves no HTTP, and the service has no way to its socket: whoever may ask the signer
anyway (its operator, the process that posts) makes the figures and puts them where they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PHASES: Final = ("closed", "quiet", "open", "halted")
PERMITTED: Final = ("new", "repeat")
"""Words of the tally that are permits; every other one is the rule that prevented a signature."""

_HELP: Final[Mapping[str, tuple[str, str]]] = {
    "tosv_signer_up": ("gauge", "Whether the signer answered."),
    "tosv_signer_phase": ("gauge", "1 for the phase that signing is in."),
    "tosv_signer_reason": ("gauge", "1 for each reason why nothing is signed."),
    "tosv_protection_permitted_total": ("counter", "Verdicts permitted since the signer's start."),
    "tosv_protection_prevented_total": ("counter", "Signatures refused by the history, by rule."),
    "tosv_signer_last_verdict_age_seconds": ("gauge", "Time since a verdict was signed first."),
    "tosv_signer_stable_height": ("gauge", "Stable height of the last reading of the chain."),
    "tosv_signer_next_nonce": ("gauge", "The account's next nonce at that height."),
    "tosv_signer_open_attempts": ("gauge", "Transactions that are not known to be mined or void."),
    "tosv_signer_transactions_in_hour": ("gauge", "Transactions signed in the last hour."),
    "tosv_signer_transactions_in_hour_max": ("gauge", "The ceiling of these."),
    "tosv_signer_fees_in_day_units": ("gauge", "Fees of the last 24 hours in chain units."),
    "tosv_signer_fees_in_day_units_max": ("gauge", "The ceiling of these."),
    "tosv_audit_log_leaves": ("gauge", "Leaves of the audit log."),
    "tosv_audit_log_unpublished_leaves": ("gauge", "Leaves since the last published checkpoint."),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure. `name` is one of those with a help text."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def signer_metrics(status: Mapping[str, Any] | None, now: datetime) -> tuple[Sample, ...]:
    """Return the samples of a status, None when the signer did not answer; `now` is aware."""
    if status is None:
        return (Sample("tosv_signer_up", 0),)
    return (
        Sample("tosv_signer_up", 1),
        *(Sample("tosv_signer_phase", status["phase"] == each, {"phase": each}) for each in PHASES),
        *(Sample("tosv_signer_reason", 1, {"reason": each}) for each in status["reasons"]),
        *_protection(status["tally"]),
        *_chain(status),
        *_verdicts(status, now),
        *_log(status),
    )


def exposition(samples: Iterable[Sample]) -> str:
    """Return the text format of Prometheus, version 0.0.4; samples of a name must stay together."""
    lines: list[str] = []
    for sample in samples:
        kind, text = _HELP[sample.name]
        head = [f"# HELP {sample.name} {text}", f"# TYPE {sample.name} {kind}"]
        lines += [] if head[1] in lines else head
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
        lines.append(f"{sample.name}{f'{{{labels}}}' if labels else ''} {sample.value + 0!r}")
    return "".join(f"{line}\n" for line in lines)


def _protection(tally: Mapping[str, int]) -> Iterator[Sample]:
    for word in PERMITTED:
        yield Sample("tosv_protection_permitted_total", tally.get(word, 0), {"kind": word})
    for word, count in sorted(tally.items()):
        if word not in PERMITTED:
            yield Sample("tosv_protection_prevented_total", count, {"rule": word})


def _chain(status: Mapping[str, Any]) -> Iterator[Sample]:
    for name in ("stable_height", "next_nonce"):
        if status[name] is not None:
            yield Sample(f"tosv_signer_{name}", status[name])


def _verdicts(status: Mapping[str, Any], now: datetime) -> Iterator[Sample]:
    if status["last_verdict_at"] is not None:
        signed = datetime.fromisoformat(status["last_verdict_at"]).astimezone(UTC)
        yield Sample("tosv_signer_last_verdict_age_seconds", (now - signed).total_seconds())
    most = status["ceilings"]
    yield Sample("tosv_signer_open_attempts", status["open_attempts"])
    yield Sample("tosv_signer_transactions_in_hour", status["transactions_in_hour"])
    yield Sample("tosv_signer_transactions_in_hour_max", most["per_hour"])
    yield Sample("tosv_signer_fees_in_day_units", status["fees_in_day"])
    yield Sample("tosv_signer_fees_in_day_units_max", most["fees_per_day"])


def _log(status: Mapping[str, Any]) -> Iterator[Sample]:
    size, published = status["log"]["size"], status["published"]
    yield Sample("tosv_audit_log_leaves", size)
    behind = size - (0 if published is None else published["size"])
    yield Sample("tosv_audit_log_unpublished_leaves", behind)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
