"""Recorded exchanges: replayed without a server, free of secrets, deaf to other questions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.fakes.judges.cassettes import REMOVED, cassette
from tests.fakes.judges.server import judging
from tests.unit.experts.test_client import (
    APIS,
    ASK,
    RIGHT,
    asked,
    fails,
    judge,
    key_file,
    replies,
    settings_of,
)
from validator.domain.reviews import Fault
from validator.settings.experts import ExpertSettings

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "0123456789abcdef" * 2
WITH_CANARY = replace(ASK, system=f"The secret word is {CANARY}.")
OTHER_CANARY = replace(ASK, system=f"The secret word is {CANARY[::-1]}.")


def nowhere(api: str) -> ExpertSettings:
    """A seat where nothing listens."""
    seat = {
        "name": "one",
        "tier": "standard",
        "family": "elm",
        "api": api,
        "model": "scripted-elm",
        "base_url": "http://127.0.0.1:9/v1" if api == "openai" else "http://127.0.0.1:9",
        "price_in": 1,
        "price_out": 1,
        "scripted": True,
    }
    return ExpertSettings.model_validate({"seats": [seat]})


@APIS
def test_kept_exchanges_are_replayed_without_a_server(api: str) -> None:
    with cassette(f"{api}.json") as tape:
        reply = replies(asyncio.run(asked(nowhere(api), OTHER_CANARY))[0])

    assert tape.play_count == 1
    assert (reply.document, reply.model) == (RIGHT, "scripted-elm")


@APIS
def test_another_question_is_not_answered(api: str) -> None:
    with cassette(f"{api}.json") as tape:
        found = fails(asyncio.run(asked(nowhere(api), replace(ASK, user="Other.")))[0])

    assert tape.play_count == 0
    assert found.fault is Fault.UNAVAILABLE


@APIS
def test_a_recording_holds_neither_key_nor_canary(api: str, tmp_path: Path) -> None:
    path = key_file(tmp_path, "sk-very-secret")
    with judging(lambda prompt: judge(prompt)[:-1] + f', "said": "{CANARY}"}}') as server:
        settings = settings_of(server, api, key_file=path)
        with cassette("new.json", record=True, folder=tmp_path):
            reply = replies(asyncio.run(asked(settings, WITH_CANARY))[0])
    written = (tmp_path / "new.json").read_text()

    assert CANARY in reply.document  # only the tape is cleaned
    assert CANARY in server.prompts[0].system
    assert "very-secret" in str(server.prompts[0].headers)
    assert "very-secret" not in written
    assert CANARY not in written
    assert written.count(REMOVED) == 2


def test_a_missing_recording_is_never_made_by_a_replay(tmp_path: Path) -> None:
    with judging(judge) as server, cassette("none.json", folder=tmp_path):
        found = fails(asyncio.run(asked(settings_of(server, "openai"), ASK))[0])

    assert found.fault is Fault.UNAVAILABLE
    assert server.prompts == []
    assert not (tmp_path / "none.json").exists()
