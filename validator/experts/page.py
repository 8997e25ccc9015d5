"""What a page of one review shows the operator: criteria, marked quotes, debate turns, cost.

Made from the record's bytes. Everything in it is text of others: whoever shows it escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers.strict_json import StrictJsonError, loads
from validator.errors import ReviewRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PAGE_SCHEMA: Final = "tosv.review-page/1"


def page_of(record: bytes, cleaned: Callable[[str], str]) -> dict[str, Any]:
    """Return the page's data of a record.

    Offsets are characters of the cleaned texts, which `cleaned` makes again. Raises
    ReviewRecordError for bytes that are no record.
    """
    try:
        found = loads(record)
        if not isinstance(found, dict):
            raise ReviewRecordError("The record is no JSON object.")
        return _page(found, cleaned)
    except StrictJsonError as error:
        raise ReviewRecordError(f"The record is not strict JSON: {error}.") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ReviewRecordError(f"The record has not the shape of one: {error!r}.") from None


def _page(record: Mapping[str, Any], cleaned: Callable[[str], str]) -> dict[str, Any]:
    if "case" not in record:  # a human's word alone
        return {
            "schema": PAGE_SCHEMA, "criteria": [], "answer": [], "debate": [], "path": [],
            "cost": {"microdollars": 0, "calls": []}, "human": [record["human"]],
        }  # fmt: skip
    case, steps = record["case"], record["steps"]
    judged = [(step["tier"], one) for step in steps for one in step["judged"]]
    return {
        "schema": PAGE_SCHEMA,
        "criteria": [_criterion(item, judged) for item in case["rubric"]["criteria"]],
        "answer": list(_marked(case, judged, cleaned)),
        "debate": [_debate(step) for step in steps if step["debate"] is not None],
        "path": [
            {name: step[name] for name in ("tier", "seats", "interval", "spread", "action", "rule",
                                           "detail", "fallen")}
            for step in steps
        ],
        "cost": {
            "microdollars": record["result"]["cost"],
            "calls": [_call(call) for call in record["calls"]],
        },
        "human": list(record["human"]),
    }  # fmt: skip


def _criterion(
    item: Mapping[str, Any], judged: list[tuple[str, Mapping[str, Any]]]
) -> dict[str, Any]:
    name = item["id"]
    return {
        "id": name,
        "question": item["question"],
        "weight": item["weight"],
        "scores": [
            {"tier": tier, "seat": one["seat"], "score": one["criteria"][name]}
            for tier, one in judged
            if name in one["criteria"]
        ],
    }


def _marked(
    case: Mapping[str, Any],
    judged: list[tuple[str, Mapping[str, Any]]],
    cleaned: Callable[[str], str],
) -> Iterator[dict[str, Any]]:
    """Each piece of the answer with the spans that judges rested on.

    A quote that is not where its offsets say is left out: a page never marks what was not said.
    """
    for piece in case["answer"]:
        text = cleaned(piece["text"])
        # One quote may bear several criteria: it is marked once for each judge.
        found = {
            (quote["start"], quote["end"], tier, one["seat"])
            for tier, one in judged
            for quote in one["quotes"]
            if quote["piece"] == piece["label"]
            and text[quote["start"] : quote["end"]] == quote["text"]
        }
        names = ("start", "end", "tier", "seat")
        marks = [dict(zip(names, mark, strict=True)) for mark in sorted(found)]
        yield {"label": piece["label"], "text": text, "marks": marks}


def _debate(step: Mapping[str, Any]) -> dict[str, Any]:
    debate = step["debate"]
    return {
        "tier": step["tier"],
        **{
            name: debate[name]
            for name in ("issues", "turns", "claims", "rulings", "chair", "plain_median",
                         "debated_median")
        },
    }  # fmt: skip


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call without its prompt, which may hold the canary."""
    reply, fault = call["reply"], call["fault"]
    told = reply if reply is not None else fault
    return {
        "seat": call["seat"],
        "model": call["model"],
        "purpose": call["purpose"],
        "microdollars": call["cost"],
        "input_tokens": told["usage"]["input_tokens"],
        "output_tokens": told["usage"]["output_tokens"],
        "duration_ms": None if reply is None else reply["duration_ms"],
        "fault": None if fault is None else fault["fault"],
    }
