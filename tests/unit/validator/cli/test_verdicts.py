"""`verdicts` and `audit`, without a cage: one `reasoning` check decides in this process."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.bundles import SALT, SIGNER, VERDICT_ID, log_of
from tests.fakes.evidence import MemorySigner, memory_log
from tests.fakes.front_house import front_house
from tests.fakes.posted import post_house
from tests.fakes.store import START, CountingIds, FrozenClock, verdict_of
from tests.fakes.submissions import body
from validator.audit.log_file import write_log
from validator.cli import run
from validator.domain.posting import PostState
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.verdict import SandboxRecord
from validator.evidence.bundle import PublicBundle, SealedBundle
from validator.evidence.key_file import open_or_create
from validator.evidence.seal import Grounds, seal
from validator.evidence.shelf import EvidenceShelf
from validator.evidence.withheld import shown_digest
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.settings import LimitSettings, Settings

if TYPE_CHECKING:
    from validator.domain.verdict import Verdict

LIMITS = LimitSettings()
ARGUED = "because the sum of the first n odd numbers is a perfect square, by induction on n " * 3
BODY = body(
    {"type": "general", "checks": [{"check": "reasoning", "sufficient": True}]},
    {"content": "n squared", "reasoning": ARGUED},
)
TASK = json.loads(BODY)["task"]
DIGEST = shown_digest(TASK)
KEY = SIGNER.public.raw.hex()


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOSV_SOAK", raising=False)


def judged(content: bytes = BODY) -> Verdict:
    """What the engine really says of the submission, without any cage."""

    def no_cage() -> Any:
        raise AssertionError("no check of this plan needs a cage")

    pipeline = Pipeline(no_cage, LIMITS, FrozenClock(), CountingIds(), jobs=1)
    return pipeline.run(parse(content, LIMITS), f"sub_{1:032x}")


def bundles_of(verdict: Verdict, **changes: Any) -> tuple[PublicBundle, SealedBundle]:
    values: dict[str, Any] = {
        "body": BODY,
        "intake": parse(changes.get("body", BODY), LIMITS),
        "origin": Origin.API,
        "owner": LOCAL_OWNER,
        "received_at": START,
        "limits": LIMITS.model_dump(mode="json"),
        "policy": "policy/1",
    }
    made = seal(verdict, Grounds(**values | changes), [SIGNER], SALT)
    with memory_log(2) as log:
        return log_of(made, log)


def write(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


@pytest.fixture
def public() -> str:
    return write("public.json", bundles_of(judged())[0].encode())


@pytest.fixture
def sealed() -> str:
    return write("sealed.json", bundles_of(judged())[1].encode())


def said(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], str]:
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize("name", ["public", "sealed"])
def test_a_bundle_holds_offline_with_the_key_and_the_expected_task(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    file = request.getfixturevalue(name)

    assert run(["verdicts", "verify", file, "--key", KEY, "--task", DIGEST]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    for word in ("answer", "task", "origin", DIGEST, "api:local", "accept, 100", "holds"):
        assert word in out


def test_the_key_may_be_a_pem_file_and_the_task_a_file(
    public: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = write("key.pem", SIGNER.public.pem())
    for task in (write("task.json", json.dumps(TASK).encode()), write("submission.json", BODY)):
        arguments = ["verdicts", "verify", public, "--key", pem, "--task-file", task, "--json"]
        assert run(arguments) == 0
    documents, _ = said(capsys)
    assert documents[0]["subjects"]["task"] == DIGEST
    assert documents[0]["log"]["place"] == 2
    assert documents[0]["sealed"] is False


@pytest.mark.parametrize(
    "arguments",
    [[], ["--task", "sha256:" + "0" * 64], ["--task-file", "other.json"]],
    ids=["none", "digest", "file"],
)
def test_without_the_expected_task_the_subjects_are_printed_and_it_fails(
    public: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write("other.json", json.dumps(TASK | {"title": "another"}).encode())

    assert run(["verdicts", "verify", public, "--key", KEY, *arguments]) == 1

    out, err = capsys.readouterr()
    assert DIGEST in out
    assert "the evidence is about task" in err
    assert "holds" not in out


def test_evidence_that_does_not_hold_is_refused_with_exit_1(
    public: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = MemorySigner(2).public.raw.hex()

    assert run(["verdicts", "verify", public, "--key", other, "--task", DIGEST, "--json"]) == 1

    documents, err = said(capsys)
    assert documents[0]["error"]["code"] == "TV061"
    assert "not signed by the key" in err


def test_a_proof_without_a_checkpoint_is_refused_with_exit_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = bundles_of(judged())[0].document()
    document["log"]["proof"] = document["log"]["proof"].partition("\n\n")[0]
    file = write("bare.json", json.dumps(document).encode())

    assert run(["verdicts", "verify", file, "--key", KEY, "--task", DIGEST]) == 1
    assert "no signed checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said_"),
    [
        (["none.json", "--key", KEY], "cannot be read"),
        (["junk.json", "--key", KEY], "the bundle"),
        (["public.json"], "--key is missing"),
        (["public.json", "--key", "none.pem"], "none.pem"),
        (["public.json", "--key", "junk.json"], "no public key"),
        (["public.json", "--key", KEY, "--task", "mine"], "--task must be"),
        (["public.json", "--key", KEY, "--task-file", "junk.json"], "junk.json"),
        (["public.json", "--key", KEY, "--task-file", "list.json"], "neither a task"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_2(
    arguments: list[str], said_: str, public: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("junk.json", b"\x1b[31mjunk")
    write("list.json", b"[]")

    assert run(["verdicts", "verify", *arguments]) == 2

    out, err = capsys.readouterr()
    assert said_ in err
    assert len(err.splitlines()) == 1
    assert "\x1b" not in out + err


def test_hostile_words_in_a_signed_statement_reach_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = "\x1b]0;owned\x07[red]\u202e"
    verdict = verdict_of(
        f"sub_{1:032x}", VERDICT_ID, sandbox=SandboxRecord(hostile, None, (hostile,))
    )
    file = write("hostile.json", bundles_of(verdict)[0].encode())

    for extra in ([], ["--json"]):
        run(["verdicts", "verify", file, "--key", KEY, "--task", DIGEST, *extra])
        out, err = capsys.readouterr()
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err)


def test_a_replay_gives_the_same_result(sealed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verdicts", "replay", sealed, "--key", KEY, "--json"]) == 0

    (document,), _ = said(capsys)
    assert document["same"] is True
    assert document["found"] == document["expected"]
    assert run(["verdicts", "replay", sealed, "--key", KEY, "--task", DIGEST]) == 0
    assert "the same result" in capsys.readouterr().out


def test_a_verdict_that_the_checks_do_not_give_is_found_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    false = verdict_of(f"sub_{1:032x}", VERDICT_ID, plan_digest=judged().plan_digest)
    file = write("false.json", bundles_of(false)[1].encode())

    assert run(["verdicts", "replay", file, "--key", KEY]) == 1
    assert "another result" in capsys.readouterr().out


def test_a_replay_verifies_first(sealed: str, capsys: pytest.CaptureFixture[str]) -> None:
    other = MemorySigner(2).public.raw.hex()

    assert run(["verdicts", "replay", sealed, "--key", other]) == 1
    assert "not signed by the key" in capsys.readouterr().err
    assert run(["verdicts", "replay", sealed, "--key", KEY, "--task", "0" * 64]) == 1
    assert "another one" in capsys.readouterr().err


def test_a_public_bundle_cannot_be_replayed(
    public: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verdicts", "replay", public, "--key", KEY]) == 2
    assert "needs the sealed bundle" in capsys.readouterr().err


IMAGE = "sha256:" + "1" * 64


@pytest.mark.parametrize(
    ("changes", "said_"),
    [
        ({"sandbox": SandboxRecord("docker", IMAGE, ())}, "verified list"),
        ({"limits": LIMITS.model_dump(mode="json") | {"budget_s": 10_000}}, "limit budget_s"),
        ({"limits": {"budget_s": 1}}, "limits that this release does not have"),
        ({"recorded": {"votes": b"..."}}, "only the automatic tier"),
        ({"plan_digest": "sha256:" + "2" * 64}, "another plan"),
    ],
    ids=["image", "limit", "limits", "recorded", "plan"],
)
def test_what_cannot_be_replayed_here_is_refused_before_anything_runs(
    changes: dict[str, Any], said_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    of_verdict = {name: changes[name] for name in ("sandbox", "plan_digest") if name in changes}
    given = {"plan_digest": judged().plan_digest, **of_verdict}
    verdict = verdict_of(f"sub_{1:032x}", VERDICT_ID, **given)
    grounds = {name: value for name, value in changes.items() if name not in of_verdict}
    file = write("sealed.json", bundles_of(verdict, **grounds)[1].encode())

    assert run(["verdicts", "replay", file, "--key", KEY]) in (1, 2)
    assert said_ in capsys.readouterr().err


def test_the_key_of_the_data_directory_is_trusted_without_asking(
    capsys: pytest.CaptureFixture[str],
) -> None:
    signer = open_or_create(Path("data"))
    made = seal(
        judged(),
        Grounds(BODY, parse(BODY, LIMITS), Origin.API, LOCAL_OWNER, START, {"a": 1}, "policy/1"),
        [signer],
        SALT,
    )
    with memory_log() as log:
        entry = log.append(made.leaf, published=None)
        signed = log.checkpoint(signer, START, published=None)
        bundle = PublicBundle(made.envelope, entry.content, log.prove(entry.place, signed))
    file = write("own.json", bundle.encode())

    assert run(["verdicts", "verify", file, "--data-dir", "data", "--task", DIGEST]) == 0
    assert "holds" in capsys.readouterr().out


def test_verdicts_are_listed_shown_and_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    with front_house(folder) as house:
        ids = []
        for _ in range(3):
            accepted = house.submissions.submit(BODY, LOCAL_OWNER, Origin.API, None)
            ids.append(house.judge(accepted.row.submission_id).verdict_id)
    bundles = bundles_of(judged())
    EvidenceShelf(folder).put(*bundles, ids[0])
    at = ["--data-dir", str(folder)]

    assert run(["verdicts", "list", "--json", "--limit", "2", *at]) == 0
    (document,), _ = said(capsys)
    assert [item["verdict_id"] for item in document["items"]] == [ids[2], ids[1]]
    assert run(["verdicts", "list", *at]) == 0
    assert "kept" in capsys.readouterr().out

    assert run(["verdicts", "show", ids[0], "--json", *at]) == 0
    assert said(capsys)[0][0]["verdict_id"] == ids[0]
    assert run(["verdicts", "show", ids[0], *at]) == 0
    assert capsys.readouterr().out.startswith("accept, 100 of 100")

    assert run(["verdicts", "export", ids[0], *at]) == 0
    assert capsys.readouterr().out.encode() == bundles[0].encode()
    assert run(["verdicts", "export", ids[0], "--sealed", "--output", "out.json", *at]) == 0
    assert Path("out.json").read_bytes() == bundles[1].encode()
    assert Path("out.json").stat().st_mode & 0o077 == 0


def test_an_audit_is_explained_to_the_operator_and_given_as_sarif(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "contract A {\n  function f() public {\n    owner = msg.sender;\n  }\n}\n"
    gold = [{"category": "SWC-105", "file": "A.sol", "lines": [3], "severity": "high"}]
    seen = {
        "category": "access control",
        "file": "A.sol",
        "lines": [3, 3],
        "severity": "medium",
        "explanation": "anybody becomes owner",
    }
    content = body(
        {
            "type": "general",
            "materials": {"A.sol": {"text": source}},
            "checks": [{"check": "audit", "target": "A.sol", "known": gold}],
        },
        {"content": "see findings", "findings": [seen]},
    )
    folder = tmp_path / "data"
    with front_house(folder) as house:
        accepted = house.submissions.submit(content, LOCAL_OWNER, Origin.API, None)
        other = house.submissions.submit(BODY, LOCAL_OWNER, Origin.API, None)
        verdict_id = house.judge(accepted.row.submission_id).verdict_id
        other_id = house.judge(other.row.submission_id).verdict_id
    at = ["--data-dir", str(folder)]

    assert run(["verdicts", "explain", verdict_id, *at]) == 0
    told = capsys.readouterr().out.replace("\n", " ")
    assert "access_control in A.sol:3-3: finds unprotected_withdrawal in A.sol:3-3" in told
    assert run(["verdicts", "explain", verdict_id, "--json", *at]) == 0
    assert "weight 0.750" in said(capsys)[0][0]["items"][0]["explained"][0]
    assert run(["verdicts", "explain", other_id, *at]) == 2
    assert "holds no audit" in capsys.readouterr().err

    assert run(["verdicts", "show", verdict_id, "--sarif", *at]) == 0
    log = json.loads(capsys.readouterr().out)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)


def test_the_operator_reads_verdicts_of_the_chain_from_the_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    settings = Settings(data_dir=folder)
    with post_house(settings) as house:
        post = house.judge(b"\x01" * 32)
        house.move(post, PostState.CONFIRMED, "ee" * 32)
    at, shelf = ["--data-dir", str(folder)], EvidenceShelf(folder)
    kept = shelf.put(*bundles_of(judged()), post.verdict_id)

    assert run(["verdicts", "list", "--json", *at]) == 0
    assert said(capsys)[0][0]["items"] == []
    assert run(["verdicts", "list", "--chain", "--json", *at]) == 0
    ((item,),) = ([*document["items"]] for document in said(capsys)[0])
    chain = {"network": "devnet", "tx": "ee" * 32, "status": "confirmed"}
    assert (item["verdict_id"], item["chain"]) == (post.verdict_id, chain)
    assert run(["verdicts", "list", "--chain", *at]) == 0
    assert "confirmed" in capsys.readouterr().out

    assert run(["verdicts", "show", post.verdict_id, "--json", *at]) == 0
    (document,), _ = said(capsys)
    assert document["chain"] == chain
    assert document["evidence"] == {"digest": kept.public, "uri": None}
    assert run(["verdicts", "show", post.verdict_id, *at]) == 0
    out = capsys.readouterr().out
    assert kept.public in out
    assert "for the operator alone: the verdict is not final" in out.replace("\n", " ")

    with post_house(settings) as house:
        house.move(post, PostState.FINALIZED, "ee" * 32)
    assert run(["verdicts", "show", post.verdict_id, *at]) == 0
    assert "until the task is closed" in capsys.readouterr().out.replace("\n", " ")
    shelf.release(post.verdict_id)
    assert run(["verdicts", "show", post.verdict_id, *at]) == 0
    assert "for the operator alone" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said_"),
    [
        (["list"], "holds no verdicts"),
        (["list", "--chain"], "holds no verdicts"),
        (["show", VERDICT_ID], "holds no verdicts"),
        (["export", VERDICT_ID], "no evidence"),
        (["export", VERDICT_ID, "--sealed"], "--sealed needs --output"),
        (["export", "../key"], "No such verdict"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_is_made(
    arguments: list[str], said_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verdicts", *arguments, "--data-dir", "none"]) == 2
    assert said_ in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_export_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EvidenceShelf(tmp_path).put(*bundles_of(judged()), VERDICT_ID)
    write("there.json", b"precious")

    arguments = ["verdicts", "export", VERDICT_ID, "--output", "there.json", "--data-dir", "."]
    assert run(arguments) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert Path("there.json").read_bytes() == b"precious"


def exported_log() -> bytes:
    with memory_log(4) as log:
        file = io.BytesIO()
        signed = log.checkpoint(SIGNER, START, published=None)
        write_log(log, signed, SIGNER.public, file)
    return file.getvalue()


def test_a_log_is_verified_from_its_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("log.jsonl", exported_log())

    assert run(["audit", "verify", file, "--key", KEY]) == 0
    assert "4 leaves" in capsys.readouterr().out
    assert run(["audit", "verify", file, "--json"]) == 0
    (document,), _ = said(capsys)
    assert (document["ok"], document["size"], document["key_given"]) == (True, 4, False)


def test_a_damaged_log_ends_with_1_and_names_the_first_bad_leaf(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = exported_log().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"number":2', b'"number":6')
    file = write("log.jsonl", b"".join(lines))

    for key in ([], ["--key", KEY]):
        assert run(["audit", "verify", file, *key]) == 1
        assert "leaf 2 is bad" in capsys.readouterr().err


def test_a_log_of_another_key_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("log.jsonl", exported_log())

    assert run(["audit", "verify", file, "--key", MemorySigner(2).public.raw.hex()]) == 1
    assert "no trusted key" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "code"), [("none", 2), (".", 2), ("junk", 1)])
def test_a_file_that_is_no_log_is_said_so(
    name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write("junk", b"junk\n")

    assert run(["audit", "verify", name]) == code
    assert len(capsys.readouterr().err.splitlines()) == 1
