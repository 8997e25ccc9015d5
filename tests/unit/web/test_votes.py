"""Vote rounds over HTTP: the whole way, every bad input, and nothing seen before its time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.front_house import FrontHouse, TestClient, client_of, serving
from tests.fakes.rounds import (
    GENESIS,
    KEYS,
    PUBLISHER,
    VOTERS,
    Blocks,
    capped_median,
    request_body,
)
from tests.fakes.store import FrozenClock
from validator.errors import StoreUnavailableError
from validator.evidence.shelf import EvidenceShelf
from validator.keys import sign_statement
from validator.rounds.commitment import Opening, vote_statement
from validator.services import SubmissionService
from validator.settings import Settings
from validator.store.store import open_store
from validator.web import votes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/v1/votes/rounds"
ANN = {"x-owner": "ann", "content-type": "application/json"}
BEN = {"x-owner": "ben", "content-type": "application/json"}
SALT = "5a" * 16


@dataclass
class Hall:
    """A front door on a clock and a chain that move when they are told to."""

    house: FrontHouse
    clock: FrozenClock
    blocks: Blocks
    client: TestClient

    def get(self, path: str, owner: dict[str, str] = ANN) -> Any:
        return self.client.get(path, headers=owner)

    def post(self, path: str, body: str | dict[str, Any], owner: dict[str, str] = ANN) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.post(path, content=text, headers=owner)

    def opened(self, **changes: Any) -> str:
        reply = self.post(PATH, request_body(**changes))
        assert reply.status_code == 201, reply.text
        return str(reply.json()["round_id"])

    def drawn(self) -> tuple[str, list[str]]:
        round_id = self.opened()
        self.blocks.mine(10)
        return round_id, list(self.get(f"{PATH}/{round_id}/draw").json()["drawn"])

    def commit(self, round_id: str, voter: str, score: int = 80, **changes: Any) -> Any:
        return self.post(
            f"{PATH}/{round_id}/commits", commit_body(round_id, voter, score) | changes
        )

    def reveal(self, round_id: str, voter: str, score: int = 80, **changes: Any) -> Any:
        return self.post(f"{PATH}/{round_id}/reveals", reveal_body(voter, score) | changes)


def salt_of(voter: str) -> str:
    return voter[:32]


def commit_body(round_id: str, voter: str, score: int = 80) -> dict[str, Any]:
    commit = Opening(round_id, "task-1", "answer-1", score, salt_of(voter), "ab" * 32).commit()
    statement = vote_statement(GENESIS, round_id, commit)
    signature = sign_statement(KEYS[voter], statement).hex()
    return {"voter": voter, "commit": commit, "signature": signature}


def reveal_body(voter: str, score: int = 80) -> dict[str, Any]:
    return {
        "voter": voter, "score": score, "salt": salt_of(voter), "reasoning_sha256": "ab" * 32,
    }  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    clock = FrozenClock()
    ids = FrozenIds()
    settings = Settings(data_dir=tmp_path)
    with open_store(None, tmp_path, clock, ids) as store:
        submissions = SubmissionService(store, ids, settings.limits)
        house = FrontHouse(
            settings, clock, ids, store, submissions, None, EvidenceShelf(tmp_path),  # type: ignore[arg-type]
            aggregator=capped_median,
        )  # fmt: skip
        blocks = Blocks(store.chain, clock).start()
        app = house.app(owner_of=lambda request: request.headers.get("x-owner", "ann"))
        with client_of(app) as client:
            yield Hall(house, clock, blocks, client)


class FrozenIds:
    """Ids that count."""

    def __init__(self) -> None:
        self.count = 0

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:032x}"


def refusal(reply: Any, status: int, code: str, field: str) -> str:
    """The one sentence of a refusal, after a look at its form."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    said = reply.json()
    assert (said["code"], said["errors"][0]["field"]) == (code, field)
    assert said["detail"].startswith(field)
    return str(said["detail"])


def test_the_whole_way_of_a_round(hall: Hall) -> None:
    reply = hall.post(PATH, request_body())
    opened = reply.json()
    assert reply.headers["location"] == f"{PATH}/{opened['round_id']}"
    assert (opened["phase"], opened["origin"], opened["genesis"]) == ("open", "api", GENESIS)
    assert opened["eligible"]["count"] == len(VOTERS)
    assert opened["seed"] == {"topoheight": 20, "hash": None}
    round_id = opened["round_id"]

    hall.blocks.mine(10)
    draw = hall.get(f"{PATH}/{round_id}/draw").json()
    voters = draw["drawn"]
    assert len(voters) == 7
    assert draw["digest"] == opened["eligible"]["digest"]
    assert hall.get(f"{PATH}/{round_id}").json()["phase"] == "commit"
    mine = hall.get(f"/v1/votes/assignments?voter={voters[0]}").json()
    assert [one["round_id"] for one in mine["items"]] == [round_id]
    for voter in voters:
        reply = hall.commit(round_id, voter, 80)
        assert reply.status_code == 201, reply.text
    assert reply.json()["phase"] == "reveal"
    for voter in voters:
        reply = hall.reveal(round_id, voter)
        assert reply.status_code == 201, reply.text

    result = hall.get(f"{PATH}/{round_id}/result").json()
    assert (result["decision"], result["score"], result["votes_used"]) == ("final", 80, 7)
    assert result["quorum"]["met"]
    closed = hall.get(f"{PATH}/{round_id}").json()
    assert (closed["phase"], closed["decision"]) == ("closed", "final")


def test_a_result_is_evidence_that_anyone_can_check(hall: Hall) -> None:
    from validator.rounds.commitment import signature_holds
    from validator.wire.canonical import canonical_json, sha256_digest

    round_id, voters = hall.drawn()
    for voter in voters:
        hall.commit(round_id, voter, 70 + voters.index(voter))
    for voter in voters:
        hall.reveal(round_id, voter, 70 + voters.index(voter))

    result = hall.get(f"{PATH}/{round_id}/result").json()

    assert result["evidence"] == sha256_digest(canonical_json(result["ballots"]))
    for one in result["ballots"]:
        opened = Opening(
            round_id, result["task_id"], result["answer_id"], one["score"], one["salt"],
            one["reasoning_sha256"],
        )  # fmt: skip
        assert opened.commit() == one["commit"]
        assert signature_holds(one["voter"], one["signature"], GENESIS, round_id, one["commit"])


def checked(result: dict[str, Any], draw: dict[str, Any]) -> None:
    """Check a result as docs/reference/votes.md says, with nothing of ours but the codecs."""
    import hashlib

    from blake3 import blake3

    from validator.wire.canonical import canonical_json, sha256_digest
    from validator.wire.tos import PublicKey

    assert result["draw"]["eligible"] == draw["digest"] == sha256_digest(
        canonical_json(draw["frozen"])
    )  # fmt: skip
    seed = bytes.fromhex(result["draw"]["seed"]["hash"])
    eligible = [one["voter"] for one in draw["frozen"]["eligible"]]
    end = bytes.fromhex
    tickets = sorted(
        (blake3(b"TOSV-DRAW/1\0" + seed + end(one) + result["round_id"].encode()).digest(), one)
        for one in eligible
    )
    drawn = [voter for _, voter in tickets][: result["rules"]["seats"]]
    assert sorted(drawn) == [one["voter"] for one in result["ballots"]]
    text = json.dumps(result["ballots"], sort_keys=True, separators=(",", ":"))
    assert result["evidence"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    for one in result["ballots"]:
        said = {name: one[name] for name in ("score", "salt", "reasoning_sha256")} | {
            "round": result["round_id"], "task_id": result["task_id"],
            "answer_id": result["answer_id"],
        }  # fmt: skip
        assert blake3(b"TOSV-VOTE/1\0" + canonical_json(said)).hexdigest() == one["commit"]
        statement = vote_statement(result["genesis"], result["round_id"], one["commit"])
        assert statement.holds(PublicKey.from_hex(one["voter"]), end(one["signature"]))


def voted(hall: Hall, scores: list[int]) -> dict[str, Any]:
    """A round in which seven vote so; its result."""
    round_id, voters = hall.drawn()
    for voter, score in zip(voters, scores, strict=True):
        assert hall.commit(round_id, voter, score).status_code == 201
    for voter, score in zip(voters, scores, strict=True):
        assert hall.reveal(round_id, voter, score).status_code == 201
    result: dict[str, Any] = hall.get(f"{PATH}/{round_id}/result").json()
    checked(result, hall.get(f"{PATH}/{round_id}/draw").json())
    return result


def test_a_chain_of_rounds_can_be_checked_from_its_documents_alone(hall: Hall) -> None:
    from validator.wire.canonical import canonical_json, sha256_digest

    first = voted(hall, [0, 16, 32, 48, 64, 80, 96])
    second = voted(hall, [48] * 7)

    assert (first["decision"], first["follows"], first["earlier"]) == ("more_votes", None, [])
    assert (second["decision"], second["score"]) == ("final", 48)
    assert second["follows"] == first["round_id"]
    (before,) = second["earlier"]
    assert before["result"] == sha256_digest(canonical_json(first))
    assert before["evidence"] == first["evidence"]
    scores = {one["voter"]: one["score"] for one in first["ballots"]}
    assert {one["voter"]: one["penalty"] for one in before["voters"]} == {
        voter: abs(score - 48) for voter, score in scores.items()
    }


def test_no_view_shows_a_vote_before_the_window_is_over(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    committed = [hall.commit(round_id, voter, 77).json() for voter in voters]
    revealed = [hall.reveal(round_id, voter, 77).json() for voter in voters[:6]]
    early = hall.get(f"{PATH}/{round_id}/result")

    views = [hall.get(f"{PATH}/{round_id}{end}").text for end in ("", "/draw", "/result")]
    views += [hall.get(f"/v1/votes/assignments?voter={voter}").text for voter in voters]
    everything = json.dumps([committed, revealed]) + "".join(views)

    assert refusal(early, 409, "TV130", "round").startswith("round has no result yet: votes stay")
    assert "score" not in everything
    assert "salt" not in everything
    for voter in voters:
        body = commit_body(round_id, voter, 77)
        assert body["commit"] not in everything
        assert body["signature"] not in everything
    hall.reveal(round_id, voters[6], 77)
    assert hall.get(f"{PATH}/{round_id}/result").json()["score"] == 77


def test_a_vote_twice(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    hall.commit(round_id, voters[0], 80)

    again = refusal(hall.commit(round_id, voters[0], 80), 409, "TV132", "voter")
    other = refusal(hall.commit(round_id, voters[0], 90), 409, "TV132", "voter")

    assert "this very commit, which is kept" in again
    assert "another one, which counts" in other


@pytest.mark.parametrize(
    "change",
    [
        {"score": 81},
        {"salt": "00" * 16},
        {"reasoning_sha256": None},
        {"reasoning_sha256": "cd" * 32},
    ],
)
def test_a_reveal_that_does_not_match_its_commit(hall: Hall, change: dict[str, Any]) -> None:
    round_id, voters = hall.drawn()
    hall.commit(round_id, voters[0])
    hall.clock.advance(3600)

    said = refusal(hall.reveal(round_id, voters[0], **change), 422, "TV133", "score")

    assert "does not give the commit on record" in said
    assert hall.reveal(round_id, voters[0]).status_code == 201  # nothing was lost by it


def test_a_score_of_101_and_nan(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    path = f"{PATH}/{round_id}/reveals"
    text = json.dumps(reveal_body(voters[0]))

    high = refusal(hall.post(path, text.replace(": 80", ": 101")), 422, "TV001", "score")
    odd = refusal(hall.post(path, text.replace(": 80", ": NaN")), 422, "TV002", "score")

    assert high == "score: must be at most 100"
    assert "NaN is not JSON" in odd


def test_a_voter_in_no_round(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    stranger = next(voter for voter in VOTERS if voter not in voters)

    assert refusal(hall.commit(round_id, stranger), 403, "TV131", "voter") == (
        "voter was not drawn for this round."
    )
    assert hall.get(f"/v1/votes/assignments?voter={stranger}").json() == {
        "items": [], "next": None,
    }  # fmt: skip


def test_early_and_late(hall: Hall) -> None:
    round_id = hall.opened()
    undrawn = refusal(hall.get(f"{PATH}/{round_id}/result"), 409, "TV130", "round")
    assert undrawn == "round has no result yet: its voters are not drawn."
    early = refusal(hall.commit(round_id, VOTERS[0]), 409, "TV130", "round")
    hall.blocks.mine(10)
    voters = hall.get(f"{PATH}/{round_id}/draw").json()["drawn"]
    hall.commit(round_id, voters[0])
    hasty = refusal(hall.reveal(round_id, voters[0]), 409, "TV130", "round")
    hall.clock.advance(3600)
    late = refusal(hall.commit(round_id, voters[1]), 409, "TV130", "round")
    nothing = refusal(hall.reveal(round_id, voters[1]), 409, "TV137", "voter")
    hall.clock.advance(3600)
    over = refusal(hall.reveal(round_id, voters[0]), 409, "TV130", "round")

    assert "too early for a commit" in early
    assert "too early for a reveal" in hasty
    assert "too late for a commit: the commit window ended at 2026-03-01T" in late
    assert "committed nothing" in nothing
    assert "too late for a reveal" in over
    result = hall.get(f"{PATH}/{round_id}/result").json()
    assert result["decision"] == "more_votes"
    conduct = {one["voter"]: (one["conduct"], one["penalty"]) for one in result["voters"]}
    assert conduct[voters[0]] == ("unrevealed", 150)
    assert conduct[voters[1]] == ("absent", 50)


def test_a_vote_that_somebody_else_signed(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    stolen = commit_body(round_id, voters[1]) | {"voter": voters[0]}

    said = refusal(hall.post(f"{PATH}/{round_id}/commits", stolen), 422, "TV134", "signature")

    assert said == "signature does not hold for this voter, commit, round and genesis."


def test_a_second_round_on_one_answer(hall: Hall) -> None:
    first = hall.opened()

    said = refusal(hall.post(PATH, request_body()), 409, "TV135", "answer_id")

    assert first in said


def test_no_request_says_whose_a_round_is(hall: Hall) -> None:
    for field in ("origin", "owner"):
        refusal(hall.post(PATH, request_body(**{field: "chain"})), 422, "TV001", field)


def test_an_interested_party_is_never_drawn(hall: Hall) -> None:
    body = request_body(
        publisher=VOTERS[0], submitter=VOTERS[1], linked=[VOTERS[2]], answerers=[VOTERS[3]]
    )
    round_id = hall.post(PATH, body).json()["round_id"]
    hall.blocks.mine(10)

    draw = hall.get(f"{PATH}/{round_id}/draw").json()

    assert {one["voter"]: one["reason"] for one in draw["excluded"]} == {
        VOTERS[0]: "publisher", VOTERS[1]: "submitter", VOTERS[2]: "linked",
        VOTERS[3]: "answered",
    }  # fmt: skip
    assert not set(VOTERS[:4]) & set(draw["drawn"])
    assert PUBLISHER not in json.dumps(draw)


def test_another_owners_round_is_not_found_by_any_route(hall: Hall) -> None:
    round_id, voters = hall.drawn()
    hall.commit(round_id, voters[0])
    unknown = f"rnd_{999:032x}"
    for end in ("", "/draw", "/result", "/events"):
        foreign, missing = (hall.get(f"{PATH}/{one}{end}", BEN) for one in (round_id, unknown))
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert foreign.text.replace(round_id, "") == missing.text.replace(unknown, "")
    for end, body in (
        ("commits", commit_body(round_id, voters[1])), ("reveals", reveal_body(voters[0])),
    ):  # fmt: skip
        assert hall.post(f"{PATH}/{round_id}/{end}", body, BEN).status_code == 404
    assert hall.get(f"/v1/votes/assignments?voter={voters[0]}", BEN).json()["items"] == []
    assert hall.post(PATH, request_body(), BEN).status_code == 201  # an answer of the same name


@pytest.mark.parametrize("path", ["rnd_1", "sub_" + "0" * 32, "rnd_" + "G" * 32, "%00"])
def test_what_is_no_id_is_not_found(hall: Hall, path: str) -> None:
    assert hall.get(f"{PATH}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "voter"), ("voter=tst1x", "voter"), ("voter=" + "00" * 32 + "&limit=0", "limit"),
     ("voter=" + "00" * 32 + "&cursor=abc", "cursor"), ("votre=x", "votre")],
)  # fmt: skip
def test_a_bad_question_names_its_parameter(hall: Hall, query: str, field: str) -> None:
    reply = hall.get(f"/v1/votes/assignments?{query}")

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["field"] == field


def test_a_vote_of_megabytes_is_refused_unread(hall: Hall) -> None:
    round_id, _ = hall.drawn()

    assert hall.post(f"{PATH}/{round_id}/commits", "x" * 5000).status_code == 413


def test_without_a_chain_the_refusal_says_what_to_set(hall: Hall) -> None:
    hall.house.store.chain = type("Chain", (), {"genesis": lambda _: None, "tip": lambda _: None})()

    reply = hall.post(PATH, request_body())

    assert (reply.status_code, reply.json()["code"]) == (409, "TV136")
    assert "chain.nodes" in reply.json()["hint"]


def test_votes_wait_for_an_aggregator_and_none_is_lost(hall: Hall) -> None:
    hall.house.aggregator = None
    round_id, voters = hall.drawn()
    for voter in voters:
        hall.commit(round_id, voter)
    for voter in voters:
        hall.reveal(round_id, voter)

    said = refusal(hall.get(f"{PATH}/{round_id}/result"), 409, "TV130", "round")
    hall.house.aggregator = capped_median

    assert "still to be counted" in said
    assert hall.get(f"{PATH}/{round_id}/result").json()["votes_used"] == 7


def test_a_round_that_cannot_be_counted_is_no_fault_of_its_readers(hall: Hall) -> None:
    def fails(_: object) -> object:
        raise RuntimeError("a defect")

    hall.house.aggregator = fails  # type: ignore[assignment]
    round_id, voters = hall.drawn()
    for voter in voters:
        hall.commit(round_id, voter)
    replies = [hall.reveal(round_id, voter) for voter in voters]

    assert {one.status_code for one in replies} == {201}
    for end in ("", "/draw"):
        assert hall.get(f"{PATH}/{round_id}{end}").status_code == 200
    said = refusal(hall.get(f"{PATH}/{round_id}/result"), 409, "TV130", "round")
    assert "still to be counted" in said


def test_the_service_itself_draws_and_counts_in_time(hall: Hall) -> None:
    import time

    from validator.domain.voting import Stage

    round_id = hall.opened()
    hall.blocks.mine(10)
    rounds = hall.house.store.rounds

    def until(stage: Stage) -> None:
        deadline = time.monotonic() + 30
        while rounds.round("ann", round_id).stage is not stage:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    until(Stage.VOTING)
    hall.clock.advance(7200)
    until(Stage.CLOSED)


def test_a_store_that_is_away_stops_nobody_from_looking_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [StoreUnavailableError("away"), RuntimeError("a defect"), 2, 0, asyncio.CancelledError()]

    class Desk:
        services = SimpleNamespace(rounds=SimpleNamespace(advance=None))

        async def run(self, _: object) -> int:
            found = said.pop(0)
            if isinstance(found, BaseException):
                raise found
            return found

    monkeypatch.setattr(votes, "LOOK_S", 0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(votes.keep_rounds(Desk()))  # type: ignore[arg-type]
    assert said == []


def frames(url: str, after: int | None, count: int) -> list[tuple[str, str, Any]]:
    """Read so many events, or all until the end."""
    import urllib.request

    headers = {"x-owner": "ann"} | ({} if after is None else {"Last-Event-ID": str(after)})
    found: list[tuple[str, str, Any]] = []
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        while len(found) < count and (line := reply.readline().decode()):
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "id" in fields:
                found.append((fields["id"], fields["event"], json.loads(fields["data"])))
                fields = {}
    return found


def test_events_tell_each_phase_and_end_with_the_result(hall: Hall) -> None:
    import threading

    round_id, voters = hall.drawn()
    app = hall.house.app(owner_of=lambda _: "ann")

    def vote() -> None:
        for voter in voters:
            hall.commit(round_id, voter)
        threading.Event().wait(1.5)
        for voter in voters:
            hall.reveal(round_id, voter)

    with serving(app) as url:
        later = threading.Timer(1.0, vote)
        later.start()
        told = frames(f"{url}{PATH}/{round_id}/events", None, 9)
        later.join()
        assert [(one[0], one[1]) for one in told] == [
            ("2", "state"), ("3", "state"), ("5", "result"),
        ]  # fmt: skip
        assert [one[2]["phase"] for one in told] == ["commit", "reveal", "closed"]
        assert told[-1][2]["decision"] == "final"
        assert [one[0] for one in frames(f"{url}{PATH}/{round_id}/events", 3, 9)] == ["5"]
    done = hall.client.get(f"{PATH}/{round_id}/events", headers=ANN | {"Last-Event-ID": "5"})
    assert done.status_code == 204
