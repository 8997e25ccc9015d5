from __future__ import annotations

import json
import logging

import pytest
import structlog

from validator.settings import LogSettings
from validator.telemetry import configure_logging
from validator.telemetry.logging import FIELD_LENGTH, cut_fields


@pytest.fixture(autouse=True)
def _restored() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_json_has_level_time_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="json"))

    structlog.get_logger("t").info("judged", submission_id="sub_1", score=88, weak=("a",))

    (line,) = lines(capsys)
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["logger"]) == ("judged", "info", "t")
    assert (entry["submission_id"], entry["score"], entry["weak"]) == ("sub_1", 88, ["a"])
    assert entry["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_hostile_text_makes_no_second_entry_and_no_escape(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    configure_logging(LogSettings.model_validate({"format": form}))

    structlog.get_logger("t").warning(
        "odd\nlevel=error forged", name="\x1b[31m\u202e\r\n{}", **{"key\n": "v"}
    )

    (line,) = lines(capsys)
    assert "\x1b[31m" not in line
    assert "\u202e" not in line


def test_the_libraries_log_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="json"))

    logging.getLogger("library").warning("said %s", "hello\nworld")

    (line,) = lines(capsys)
    assert json.loads(line)["event"] == "said hello\\x0aworld"


def test_libraries_do_not_talk_about_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="json"))

    logging.getLogger("alembic.runtime").info("setup")
    logging.getLogger("alembic.runtime").warning("broken")

    assert [json.loads(line)["event"] for line in lines(capsys)] == ["broken"]


def test_the_level_of_the_settings_holds(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="json", level="error"))

    structlog.get_logger("t").warning("quiet")
    structlog.get_logger("t").error("loud")

    assert [json.loads(line)["event"] for line in lines(capsys)] == ["loud"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    configure_logging(LogSettings.model_validate({"format": form}))
    hidden = "hunter" + "2"

    try:
        int(hidden[:6])
    except ValueError:
        structlog.get_logger("t").exception("failed")

    shown = "\n".join(lines(capsys))
    assert "ValueError" in shown
    assert "hunter2" not in shown


def test_fields_are_cut_at_every_depth() -> None:
    long = "x" * 10_000

    cut = cut_fields(
        None, "info", {"a": long, "b": {"c": [long]}, "d": long.encode(), "k" * 500: 1, "n": None}
    )

    assert len(cut["a"]) == FIELD_LENGTH
    assert len(cut["b"]["c"][0]) == FIELD_LENGTH
    assert len(cut["d"]) == FIELD_LENGTH
    assert max(len(key) for key in cut) == 64
    assert cut["n"] is None


def test_a_deep_or_wide_value_does_not_grow_the_log() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = [deep]

    cut = cut_fields(None, "info", {"deep": deep, "wide": list(range(10_000))})

    assert len(str(cut)) < 2000
