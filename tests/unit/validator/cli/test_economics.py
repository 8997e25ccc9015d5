"""`economics split`: a reward in, exact parts out."""

from __future__ import annotations

import json

import pytest

from validator.cli import run

Capture = pytest.CaptureFixture[str]

AUDIT = ["100000000001", "--winner", "ann", "--peer", "bob=3", "--peer", "cid", "--expert", "dan"]


def test_an_audit_is_divided_to_the_last_unit(capsys: Capture) -> None:
    assert run(["economics", "split", *AUDIT, "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    paid = {each["account"]: int(each["amount"]) for each in found["payments"]}
    assert paid["ann"] == pytest.approx(70e9, abs=1)
    assert paid["bob"] == pytest.approx(3 * paid["cid"], abs=3)
    assert sum(paid.values()) + int(found["network"]) + int(found["publisher"]) == 100_000_000_001


def test_people_read_who_gets_what(capsys: Capture) -> None:
    assert run(["economics", "split", "50000000000", "--winner", "ann"]) == 0

    rows = [line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["winners ann", "45000000000"],
        ["network", "5000000000"],
        ["publisher", "0"],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["5", "--winner", "ann=x"], "write ACCOUNT or ACCOUNT=WEIGHT"),
        (["5", "--winner", "=2"], "write ACCOUNT or ACCOUNT=WEIGHT"),
        (["5", "--peer", "ann", "--peer", "ann=2"], "named twice"),
        (["5", "--winner", "ann", "--peer", "ann"], "is among the winners, too"),
        (["5", "--winner", "ann=0"], "winners[ann]"),
        (["5", "--accepted", "ann"], "needs a winner"),
        ([str(2**64), "--winner", "ann"], "reward"),
    ],
)
def test_what_cannot_be_divided_is_refused(
    arguments: list[str], said: str, capsys: Capture
) -> None:
    assert run(["economics", "split", *arguments]) == 2

    assert said in capsys.readouterr().err
