from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.store import CountingIds, FrozenClock
from tests.fakes.submissions import body
from validator import services
from validator.domain.submission import LOCAL_OWNER, Origin, State
from validator.errors import (
    BrokerUnavailableError,
    ConfigurationError,
    IdempotencyConflictError,
    InvalidDocumentError,
    StoreUnavailableError,
    ValidatorError,
)
from validator.services import Services, SubmissionService, build_services, ping_broker, queue_for
from validator.settings import BrokerSettings, LimitSettings, Settings
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from pathlib import Path

RAW = body({"id": "task-7"})


@pytest.fixture
def built(tmp_path: Path) -> Any:
    made = build_services(
        Settings(data_dir=tmp_path / "data"), clock=FrozenClock(), ids=CountingIds()
    )
    yield made
    made.close()


def submit(built: Services, raw: bytes = RAW, key: str | None = None) -> Any:
    return built.submissions.submit(raw, LOCAL_OWNER, Origin.API, key)


def test_a_good_document_becomes_a_queued_row(built: Services) -> None:
    accepted = submit(built)

    row = built.store.submission(LOCAL_OWNER, accepted.row.submission_id)
    assert accepted.created
    assert (row.state, row.origin, row.owner) == (State.QUEUED, Origin.API, LOCAL_OWNER)
    assert (row.task_label, row.answer_label, row.task_type) == ("task-7", None, "code")
    assert row.body_digest == sha256_digest(RAW)
    assert built.probes.backlog()["outbox"] == 1


def test_nothing_of_a_refused_document_is_stored(built: Services) -> None:
    with pytest.raises(InvalidDocumentError):
        submit(built, b"{}")

    assert built.store.submissions(LOCAL_OWNER, None, 10).items == []
    assert built.probes.backlog()["outbox"] == 0


def test_the_same_key_and_body_is_one_submission(built: Services) -> None:
    first, second = submit(built, key="k"), submit(built, key="k")

    assert (first.created, second.created) == (True, False)
    assert first.row.submission_id == second.row.submission_id
    with pytest.raises(IdempotencyConflictError):
        submit(built, body({"id": "other"}), key="k")


def test_the_origin_is_the_callers_word_never_the_documents(built: Services) -> None:
    with pytest.raises(InvalidDocumentError, match="origin"):
        submit(built, body(origin="chain"))
    with pytest.raises(InvalidDocumentError, match="owner"):
        submit(built, body({"owner": "somebody"}))


@pytest.mark.parametrize(
    ("checks", "queue"),
    [
        ([{"check": "reasoning"}], "fast"),
        ([{"check": "reasoning"}, {"check": "syntax"}], "sandbox"),
        ([{"check": "math", "expected": 1}], "sandbox"),
    ],
)
def test_a_plan_that_starts_programs_goes_to_the_sandbox_queue(
    checks: list[dict[str, Any]], queue: str
) -> None:
    from validator.intake import parse

    assert queue_for(parse(body({"checks": checks}), LimitSettings())) == queue


def test_a_database_that_does_not_confirm_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stuck:
        def accept_soon(self, _new: object) -> Future[Any]:
            return Future()

    monkeypatch.setattr(services, "ACCEPT_TIMEOUT_S", 0.01)
    service = SubmissionService(Stuck(), CountingIds(), LimitSettings())  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailableError):
        service.submit(RAW, LOCAL_OWNER, Origin.API, None)


def test_building_opens_no_cage(built: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a cage was opened")

    monkeypatch.setattr("sandboxes.factory.open_sandbox", refuse)

    submit(built)
    built.ring()
    built.cut()


def test_after_a_cut_the_store_still_works(built: Services) -> None:
    built.cut()

    assert submit(built).created


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (None, BrokerUnavailableError),
        ("redis://127.0.0.1:1/0", BrokerUnavailableError),
        ("redis://:hunter2@127.0.0.1:1/0", BrokerUnavailableError),
        ("amqp://127.0.0.1", ConfigurationError),
    ],
)
def test_a_broker_that_does_not_answer_is_said_without_its_password(
    url: str | None, error: type[ValidatorError]
) -> None:
    with pytest.raises(error) as caught:
        ping_broker(BrokerSettings.model_validate({"url": url}))

    assert "hunter2" not in caught.value.detail
