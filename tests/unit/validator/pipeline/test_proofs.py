"""Proofs of cages: judged closed, kept on disk, and never taken for another worker's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes import selfcheck
from sandboxes.docker.engine import owner_mark
from sandboxes.protocol import Description, Grip, SandboxUnavailableError
from sandboxes.selfcheck import PROPERTIES, QUICK, Line, Report
from tests.fakes.cages import CountingCage
from tests.fakes.store import START
from validator.pipeline.attack import GROUP_LIMITS, attack, judged, prove, refuse_reason
from validator.pipeline.proofs import (
    BY_HAND,
    Failure,
    Proof,
    Record,
    contradicted_before,
    file_name,
    read,
    read_all,
    refused_here,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

GOOD = Proof("docker", "sha256:1", 8, 1.5, (), None)
BAD = replace(
    GOOD,
    failures=(Failure("memory", "held", False, "took 4 GB"),),
    reason="the self-test contradicts what the cage declares: memory",
)
HERE = owner_mark()
grips = st.dictionaries(st.sampled_from(list(PROPERTIES)), st.sampled_from(Grip))
sightings = st.dictionaries(st.sampled_from(list(PROPERTIES)), st.sampled_from([True, False, None]))


class Cage(CountingCage):
    """Declares and describes; what it holds is told to `run_selfcheck` by the test."""

    name = "liar"

    def __init__(self, grip: Grip = Grip.HELD) -> None:
        super().__init__()
        self.grip = grip
        self.closed = 0

    def declared(self) -> Mapping[str, Grip]:
        return dict.fromkeys(PROPERTIES, self.grip)

    def describe(self) -> Description:
        return Description("liar", None, ())

    def close(self) -> None:
        self.closed += 1


def line(name: str, *, seen: bool | None, declared: Grip = Grip.HELD) -> Line:
    return Line(name, "", declared, seen, "as the test says", 0.1)


def record(proof: Proof = GOOD, prover: str = HERE, seconds: float = 0) -> Record:
    at = START - timedelta(seconds=seconds)
    return Record(prover, at.isoformat(), "quick", (proof,))


@given(grips, sightings)
def test_on_devnet_any_cage_that_is_honest_will_do(
    declared: dict[str, Grip], seen: dict[str, bool | None]
) -> None:
    assert refuse_reason("devnet", declared, seen) is None


@given(st.sampled_from(["testnet", "mainnet"]), grips, sightings)
def test_elsewhere_group_limits_are_declared_and_seen_or_the_cage_is_refused(
    network: str, declared: dict[str, Grip], seen: dict[str, bool | None]
) -> None:
    enough = all(
        declared.get(name) is Grip.HELD and seen.get(name) is True for name in GROUP_LIMITS
    )

    assert (refuse_reason(network, declared, seen) is None) is enough


def test_group_limits_are_proven_by_both_sets() -> None:
    assert set(GROUP_LIMITS) <= set(QUICK) < set(PROPERTIES)


@pytest.mark.parametrize(
    ("declared", "seen", "contradicted"),
    [
        (Grip.HELD, True, False),
        (Grip.HELD, False, True),
        (Grip.NOT_HELD, True, True),  # too modest is wrong as well
        (Grip.NOT_HELD, False, False),
        (Grip.WEAK, False, False),
        (Grip.HELD, None, False),
    ],
)
def test_only_what_gave_way_contradicts(
    declared: Grip, seen: bool | None, contradicted: bool
) -> None:
    proof = judged(Cage(declared), [line("disk", seen=seen, declared=declared)], "devnet")

    assert proof.contradicted is contradicted
    untried = declared is Grip.HELD and seen is None
    assert (proof.reason is not None) is (contradicted or untried)


def test_a_cage_without_group_limits_is_proven_and_still_refused_off_devnet() -> None:
    lines = [line(name, seen=True, declared=Grip.WEAK) for name in QUICK]

    assert judged(Cage(Grip.WEAK), lines, "devnet").reason is None
    assert "mainnet needs" in str(judged(Cage(Grip.WEAK), lines, "mainnet").reason)


def test_what_fails_once_is_tried_again_and_what_fails_twice_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def run(cage: Cage, names: Iterable[str]) -> Report:
        asked.append(list(names))
        late, leak = len(asked) > 1, False
        seen = {"cpu": late, "disk": leak}
        return Report("liar", tuple(line(name, seen=seen.get(name, True)) for name in asked[-1]))

    monkeypatch.setattr(selfcheck, "run_selfcheck", run)
    proof = attack(Cage(), ["cpu", "disk", "wall"], "devnet")

    assert asked == [["cpu", "disk", "wall"], ["cpu", "disk"]]
    assert [failure.name for failure in proof.failures] == ["disk"]
    assert proof.tried == 3


def test_a_cage_that_cannot_be_had_is_not_proven_and_not_contradicted() -> None:
    def refuse() -> Cage:
        raise SandboxUnavailableError("no engine")

    proof = prove(refuse, "quick", "devnet", "docker")

    assert proof.reason == "no cage to be had: no engine"
    assert proof.backend == "docker"
    assert not proof.contradicted


def test_a_cage_is_closed_whatever_its_proof_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_over(*_: object) -> Report:
        raise SandboxUnavailableError("went away")

    monkeypatch.setattr(selfcheck, "run_selfcheck", fall_over)
    cage = Cage()

    assert "went away" in str(prove(lambda: cage, "full", "devnet").reason)
    assert cage.closed == 1


# on disk


def test_a_record_survives_the_way_to_disk(tmp_path: Path) -> None:
    for proof in (GOOD, BAD):
        write(tmp_path, record(proof), START)
        assert read(tmp_path, HERE) == record(proof)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_process_with_the_same_number_has_proven_nothing(tmp_path: Path) -> None:
    boot, room, pid, _ = HERE.split("/")
    write(tmp_path, record(), START)

    assert read(tmp_path, f"{boot}/{room}/{pid}/1") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"proofs": 1}', '{"proofs": [{}]}'])
def test_what_cannot_be_read_is_not_proven(tmp_path: Path, text: str) -> None:
    (tmp_path / file_name(HERE)).write_text(text)

    assert read(tmp_path, HERE) is None
    assert read_all(tmp_path, START) == []


def test_a_record_without_any_cage_is_no_proof() -> None:
    assert replace(record(), proofs=()).reason is not None


def test_records_of_workers_that_are_gone_go_but_a_leak_is_remembered_until_then(
    tmp_path: Path,
) -> None:
    boot, room, _, _ = HERE.split("/")
    gone = f"{boot}/{room}/999999999/1"
    (tmp_path / file_name(gone)).write_text(json.dumps(plain(record(BAD, gone))))

    assert read_all(tmp_path, START) == []
    assert contradicted_before(tmp_path)
    write(tmp_path, record(), START)
    assert not contradicted_before(tmp_path)
    assert [one.prover for one in read_all(tmp_path, START)] == [HERE]


def test_a_worker_in_another_namespace_is_judged_by_the_age_of_its_proof(tmp_path: Path) -> None:
    boot, _, pid, start = HERE.split("/")
    other = f"{boot}/1/{pid}/{start}"
    write(tmp_path, record(prover=other), START)

    assert len(read_all(tmp_path, START)) == 1
    assert read_all(tmp_path, START + timedelta(days=3)) == []


def test_readiness_says_no_only_when_every_worker_does(tmp_path: Path) -> None:
    boot, _, pid, start = HERE.split("/")
    other = f"{boot}/1/{pid}/{start}"
    assert not refused_here(tmp_path / "none", START)
    write(tmp_path, record(BAD, BY_HAND), START)
    assert not refused_here(tmp_path, START)  # by hand speaks for no worker
    write(tmp_path, record(BAD), START)
    assert refused_here(tmp_path, START)
    write(tmp_path, record(GOOD, other), START)
    assert not refused_here(tmp_path, START)


def plain(record: Record) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(record)
