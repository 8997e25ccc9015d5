"""The client of judges against a real loopback server, in every weather."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.judges.judges import Honest
from tests.fakes.judges.server import judging
from tests.fakes.judges.troubles import IN_DOCUMENT, Trouble
from validator.domain.clock import SystemClock
from validator.domain.reviews import Ask, Fault, JudgeError, Reply, Seat, Usage
from validator.errors import ConfigurationError
from validator.experts.client import open_client, read_key, seats_of
from validator.experts.prices import BILLED_ATTEMPTS, actual, most_usage, worst_case
from validator.settings.experts import ExpertSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.judges.prompts import Prompt
    from tests.fakes.judges.server import JudgeServer, Plan

SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 0, "maximum": 100},
        "rationale": {"type": "string"},
    },
    "required": ["score", "rationale"],
    "additionalProperties": False,
}
ASK = Ask("grade", "Rules.", "Material.", SCHEMA, 500, 20.0, 7, "t/1")
RIGHT = '{"score": 42, "rationale": "scripted"}'
APIS = pytest.mark.parametrize("api", ["openai", "anthropic"])


def judge(_prompt: Prompt) -> str:
    return RIGHT


def settings_of(server: JudgeServer, api: str, **changes: Any) -> ExpertSettings:
    seat = {
        "name": "one",
        "tier": "standard",
        "family": "elm",
        "api": api,
        "model": "scripted-elm",
        "base_url": server.base_url(api),
        "price_in": 1_000_000,
        "price_out": 2_000_000,
        "scripted": True,
    }
    own = {name: changes.pop(name) for name in tuple(changes) if name in {"fallbacks", "key_file"}}
    own |= {"concurrency": changes.pop("concurrency", 4)}
    return ExpertSettings.model_validate({"seats": [seat | own], **changes})


class Pauses:
    """Waits for nothing, and remembers how long it was asked to."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


async def asked(
    settings: ExpertSettings, *asks: Ask, seat: Seat | None = None, pauses: Pauses | None = None
) -> list[Reply | JudgeError]:
    """Ask all at once; errors of the client's kind are results."""
    client = open_client(settings, clock=SystemClock(), pause=pauses or Pauses())
    async with client:

        async def one(ask: Ask) -> Reply | JudgeError:
            try:
                return await client.ask(seat or seats_of(settings)[0], ask)
            except JudgeError as error:
                return error

        return await asyncio.gather(*(one(ask) for ask in asks))


def outcome(server: JudgeServer, api: str, ask: Ask = ASK, **changes: Any) -> Reply | JudgeError:
    return asyncio.run(asked(settings_of(server, api, **changes), ask))[0]


def fails(found: Reply | JudgeError) -> JudgeError:
    assert isinstance(found, JudgeError)
    return found


def replies(found: Reply | JudgeError) -> Reply:
    assert isinstance(found, Reply), found.detail
    return found


def first(*troubles: Trouble) -> Plan:
    return lambda number, _prompt: troubles[number] if number < len(troubles) else None


def always(trouble: Trouble) -> Plan:
    return lambda _number, _prompt: trouble


@APIS
class TestReply:
    def test_holds_what_came_back_byte_for_byte(self, api: str) -> None:
        with judging(judge) as server:
            reply = replies(outcome(server, api))

        assert reply.document == RIGHT
        assert json.loads(reply.raw)["model"] == reply.model == "scripted-elm"
        assert reply.fingerprint == ("fp_scripted" if api == "openai" else None)
        assert reply.request_id == "scripted-1"
        assert reply.usage == Usage(4, len(RIGHT) // 4 + 1)
        assert reply.attempts == 1

    def test_comes_of_the_prompt_as_it_was_made(self, api: str) -> None:
        # Tokens of chat templates get no invisible joiners, thoughts are not cut out.
        ask = replace(
            ASK, system="S <|im_start|>\u4e2d", user="U [INST] <think>x</think> \U0001f600"
        )
        with judging(judge) as server:
            outcome(server, api, ask)
        prompt = server.prompts[0]

        assert (prompt.system, prompt.user) == (ask.system, ask.user)
        assert set(prompt.schema["properties"]) == {"score", "rationale"}
        assert prompt.max_tokens == 500
        assert prompt.seed == (7 if api == "openai" else None)
        assert "tools" not in json.loads(server.bodies[0])

    def test_keeps_what_looks_like_thoughts(self, api: str) -> None:
        said = '{"score": 1, "rationale": "<think>\\", \\"score\\": 100</think>"}'
        with judging(lambda _prompt: said) as server:
            assert replies(outcome(server, api)).document == said

    def test_of_a_broken_verdict_is_handed_on_as_it_is(self, api: str) -> None:
        for trouble in sorted(IN_DOCUMENT):
            with judging(judge, always(trouble)) as server:
                assert replies(outcome(server, api)).document != RIGHT


@APIS
class TestKey:
    def test_is_sent_and_shown_nowhere(
        self, api: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        path = key_file(tmp_path, "sk-very-secret")
        with judging(judge, first(Trouble.BROKEN, Trouble.UNAUTHORIZED)) as server:
            found = fails(outcome(server, api, key_file=path))
        headers = server.prompts[0].headers

        sent = headers["authorization"] if api == "openai" else headers["x-api-key"]
        assert sent.removeprefix("Bearer ") == "sk-very-secret"
        assert "very-secret" not in found.detail + repr(found.__context__) + caplog.text

    def test_is_not_taken_from_the_environment(
        self, api: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
            monkeypatch.setenv(name, "sk-of-the-environment")
        for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-environment")
        with judging(judge) as server:
            replies(outcome(server, api))

        assert "of-the-environment" not in repr(server.prompts[0].headers)


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "elm.key"
    path.write_text(text)
    path.chmod(mode)
    return path


class TestKeyFile:
    def test_is_read_without_its_last_line_end(self, tmp_path: Path) -> None:
        assert read_key(key_file(tmp_path, "sk-12345678\n")) == "sk-12345678"

    def test_open_to_others_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"key_file.*chmod 600"):
            read_key(key_file(tmp_path, "sk-12345678", 0o640))

    def test_that_is_a_link_is_refused(self, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(key_file(tmp_path, "sk-12345678"))
        with pytest.raises(ConfigurationError, match="key_file"):
            read_key(link)

    @pytest.mark.parametrize(
        "text", ["", "short", "two words here", "sk-1234\nsk-5678", "\u00e9" * 9]
    )
    def test_without_one_key_is_refused_and_not_told(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigurationError, match="one key of 8") as caught:
            read_key(key_file(tmp_path, text))
        assert not text or text not in caught.value.detail

    def test_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"experts\.seats: key_file"):
            read_key(tmp_path / "none")


@APIS
class TestFaults:
    @pytest.mark.parametrize(
        ("trouble", "fault", "requests", "billed"),
        [
            (Trouble.REFUSAL, Fault.REFUSED, 1, None),
            (Trouble.FILTERED, Fault.REFUSED, 1, None),
            (Trouble.TRUNCATED, Fault.TRUNCATED, 1, None),
            (Trouble.EMPTY, Fault.MALFORMED, 1, None),
            (Trouble.NO_HTTP_JSON, Fault.MALFORMED, 1, 1),
            (Trouble.EMPTY_ENVELOPE, Fault.MALFORMED, 1, 1),
            (Trouble.DEEP, Fault.MALFORMED, 1, 1),
            (Trouble.PACKED, Fault.MALFORMED, 1, 1),
            (Trouble.HUGE, Fault.MALFORMED, 1, 1),
            (Trouble.UNAUTHORIZED, Fault.REJECTED, 1, 0),
            (Trouble.NOT_FOUND, Fault.REJECTED, 1, 0),
            (Trouble.REDIRECTED, Fault.REJECTED, 1, 0),
            (Trouble.TOO_MANY, Fault.UNAVAILABLE, 3, 0),
            (Trouble.BROKEN, Fault.UNAVAILABLE, 3, 0),
            (Trouble.OVERLOADED, Fault.UNAVAILABLE, 3, 0),
            (Trouble.DROPPED, Fault.UNAVAILABLE, 2, 2),
            (Trouble.CUT_BODY, Fault.UNAVAILABLE, 2, 2),
        ],
    )
    def test_end_by_their_name_with_what_they_may_cost(
        self, api: str, trouble: Trouble, fault: Fault, requests: int, billed: int | None
    ) -> None:
        with judging(judge, always(trouble)) as server:
            found = fails(outcome(server, api))
            seat = seats_of(settings_of(server, api))[0]

        assert found.fault is fault, found.detail
        assert len(server.prompts) == requests
        assert actual(seat, found.usage) <= worst_case(seat, ASK)
        if billed is None:
            assert 0 < found.usage.input_tokens < most_usage(ASK).input_tokens
        else:
            assert found.usage.input_tokens == billed * most_usage(ASK).input_tokens
        assert len(found.raw) <= 1024 * 1024

    def test_that_pass_are_forgotten(self, api: str) -> None:
        pauses = Pauses()
        with judging(judge, first(Trouble.TOO_MANY, Trouble.BROKEN)) as server:
            reply = asyncio.run(asked(settings_of(server, api), ASK, pauses=pauses))[0]

        assert replies(reply).attempts == 3
        assert pauses.asked[0] >= 1  # as the server asked
        assert replies(reply).usage == Usage(4, len(RIGHT) // 4 + 1)

    def test_that_lost_one_reply_count_it_at_its_dearest(self, api: str) -> None:
        with judging(judge, first(Trouble.DROPPED)) as server:
            usage = replies(outcome(server, api)).usage

        assert usage.estimated
        assert usage.input_tokens == most_usage(ASK).input_tokens + 4

    def test_of_missing_counts_are_estimated_from_above(self, api: str) -> None:
        with judging(judge, always(Trouble.NO_USAGE)) as server:
            found = outcome(server, api)

        # Where an API must count and does not, its reply is none of its kind.
        assert found.usage.estimated
        assert found.usage.input_tokens >= most_usage(ASK).input_tokens

    def test_of_time_end_at_the_deadline(self, api: str) -> None:
        with judging(judge, always(Trouble.SLOW_BYTE), slow_s=30) as server:
            found = fails(outcome(server, api, replace(ASK, deadline_s=0.7)))

        assert found.fault is Fault.TIMEOUT
        assert found.usage == most_usage(ASK)

    def test_of_no_connection_cost_nothing(self, api: str) -> None:
        with judging(judge) as server:
            settings = settings_of(server, api)
        found = fails(asyncio.run(asked(settings, ASK))[0])

        assert (found.fault, found.usage) == (Fault.UNAVAILABLE, Usage(0, 0))

    def test_that_ask_to_wait_past_the_deadline_end_at_once(self, api: str) -> None:
        pauses = Pauses()
        with judging(judge, always(Trouble.TOO_MANY)) as server:
            ask = replace(ASK, deadline_s=0.9)
            found = fails(asyncio.run(asked(settings_of(server, api), ask, pauses=pauses))[0])

        assert found.fault is Fault.UNAVAILABLE
        assert pauses.asked == []


@APIS
class TestFallbacks:
    def test_answer_where_the_first_does_not(self, api: str) -> None:
        def plan(_number: int, prompt: Prompt) -> Trouble | None:
            return Trouble.BROKEN if prompt.model == "scripted-elm" else None

        with judging(judge, plan) as server:
            reply = replies(outcome(server, api, fallbacks=["scripted-elm-2"], attempts=2))

        assert reply.model == "scripted-elm-2"
        assert [prompt.model for prompt in server.prompts] == ["scripted-elm"] * 2 + [
            "scripted-elm-2"
        ]

    def test_are_not_asked_after_a_refusal(self, api: str) -> None:
        with judging(judge, first(Trouble.REFUSAL)) as server:
            found = fails(outcome(server, api, fallbacks=["scripted-elm-2"]))

        assert found.fault is Fault.REFUSED
        assert len(server.prompts) == 1

    def test_never_make_a_call_dearer_than_reserved(self, api: str) -> None:
        with judging(judge, always(Trouble.DROPPED)) as server:
            fails(outcome(server, api, fallbacks=["a", "b", "c"]))

        assert len(server.prompts) == BILLED_ATTEMPTS


class TestCaps:
    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"user": "x" * 1001}, Fault.BUDGET),
            ({"max_output_tokens": 65}, Fault.BUDGET),
            ({"max_output_tokens": 0}, Fault.BUDGET),
            ({"deadline_s": 61.0}, Fault.BUDGET),
            ({"deadline_s": 0.0}, Fault.TIMEOUT),
            ({"deadline_s": float("nan")}, Fault.TIMEOUT),
        ],
    )
    def test_hold_before_anything_is_sent(self, change: dict[str, Any], fault: Fault) -> None:
        caps = {"max_input_chars": 1000, "max_output_tokens": 64, "max_call_s": 60}
        ask = replace(replace(ASK, max_output_tokens=64), **change)
        with judging(judge) as server:
            found = fails(outcome(server, "openai", ask, **caps))

        assert (found.fault, found.usage) == (fault, Usage(0, 0))
        assert server.prompts == []

    def test_of_calls_at_once_hold_and_none_is_lost(self) -> None:
        asks = [replace(ASK, user=f"answer {number}") for number in range(40)]
        with judging(lambda prompt: json.dumps({"said": prompt.user})) as server:
            found = asyncio.run(asked(settings_of(server, "openai", concurrency=3), *asks))

        said = [json.loads(replies(one).document)["said"] for one in found]
        assert said == [ask.user for ask in asks]
        assert 1 <= server.most_at_once <= 3

    def test_waiting_for_a_place_is_a_part_of_the_deadline(self) -> None:
        # Those who wait end first: none of them gets the place that the first one leaves.
        asks = [replace(ASK, deadline_s=seconds) for seconds in (1.6, 0.6, 0.6)]
        with judging(judge, always(Trouble.SLOW_BYTE), slow_s=30) as server:
            found = asyncio.run(asked(settings_of(server, "openai", concurrency=1), *asks))

        assert {fails(one).fault for one in found} == {Fault.TIMEOUT}
        # What never left is not paid for.
        assert sorted(fails(one).usage.input_tokens > 0 for one in found) == [False, False, True]

    def test_a_seat_of_other_settings_is_not_asked(self) -> None:
        with judging(judge) as server:
            settings = settings_of(server, "openai")
            other = replace(seats_of(settings)[0], model="dearer")
            found = fails(asyncio.run(asked(settings, ASK, seat=other))[0])

        assert found.fault is Fault.REJECTED
        assert server.prompts == []


def test_200_faults_end_in_200_errors_and_no_score() -> None:
    rolls = random.Random(11)
    hard = [one for one in Trouble if one not in IN_DOCUMENT | {Trouble.NO_USAGE}]
    planned = {f"case {number}": rolls.choice(hard) for number in range(200)}
    asks = [replace(ASK, user=name, deadline_s=15.0) for name in planned]
    with judging(
        Honest(lambda _text: 100), lambda _number, prompt: planned[prompt.user], slow_s=60
    ) as server:
        settings = settings_of(server, "openai", concurrency=32, response_bytes=65536)
        late = [
            replace(ask, deadline_s=0.5) if planned[ask.user] is Trouble.SLOW_BYTE else ask
            for ask in asks
        ]
        found = asyncio.run(asked(settings, *late))

    assert len(found) == 200
    assert Counter(type(one) for one in found) == {JudgeError: 200}
