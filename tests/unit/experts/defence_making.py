"""Cases for the defence, and judges that follow rules. Nothing here speaks to a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from validator.domain.reviews import Ask, Case, Channel, Piece
from validator.experts.cleaning import clean
from validator.experts.ports import Ceilings, Marks
from validator.experts.rubric import rubric_for
from validator.experts.stack import Stack

MARKS = Marks("0123456789abcdef" * 2, "fedcba98" * 4, 7)
CEILINGS = Ceilings(200_000, 4_000, 60.0)
SWAYED = 5

_BLOCK = re.compile(r"DATA-([0-9a-f]{32}) BEGIN\n([^\n]*)\nDATA-\1 END")


def piece(text: str, channel: Channel = Channel.ANSWER, label: str = "content") -> Piece:
    return Piece(channel, label, text)


def case_of(
    answer: str, task: str = "Compute 17 * 24.", task_type: str = "math", **changes: Any
) -> Case:
    fields: dict[str, Any] = {
        "submission_id": "sub_1",
        "task_type": task_type,
        "task": piece(task, Channel.TASK, "task"),
        "answer": (piece(answer),),
        "rubric": rubric_for(task_type),
    }
    return Case(**{**fields, **changes})


def shown(user: str) -> list[dict[str, str]]:
    """The blocks of a prompt, which must be all there is in it; line marks are taken off."""
    found = []
    place = 0
    for match in _BLOCK.finditer(user):
        assert match.start() == place, "there is something between the blocks"
        place = match.end() + 1
        block = json.loads(match[2])
        lines = block["text"].split("\n")
        assert all(re.match(r"[0-9a-f]{4}\| ", line) for line in lines)
        found.append({**block, "text": "\n".join(line[6:] for line in lines)})
    assert place == len(user) + 1, "there is something after the blocks"
    return found


def reply(case: Case, score: int, quote: str, **changes: Any) -> str:
    """A verdict with one score for every criterion, each resting on one quote."""
    quotes = [{"piece": "content", "start": 0, "end": len(quote), "text": quote}] if quote else []
    document: dict[str, Any] = {
        "criteria": [
            {"id": one.id, "score": score, "quotes": quotes} for one in case.rubric.criteria
        ],
        "manipulation_attempt": False,
        "cannot_judge": False,
        "rationale": "because",
    }
    return json.dumps({**document, **changes})


@dataclass(frozen=True)
class Reviewed:
    """What one seat and its control come to."""

    score: int | None
    flagged: bool


Judge = Callable[[Ask, Case], str]


def review(case: Case, judge: Judge) -> Reviewed:
    """Check, seal, grade, and where there are suspicious spans control: the lower one counts."""
    stack = Stack()
    early = stack.precheck(case)
    if early is not None:
        return Reviewed(early.score, bool(early.flags))
    sealed = stack.seal(case)
    notes = stack.notes(sealed)
    scores = []
    for stripped in (False, True) if notes.suspects else (False,):
        ask = stack.grade_ask(
            sealed, case, MARKS, CEILINGS, commitment=None, without_spans=stripped
        )
        said = judge(ask, case)
        verdict = stack.verdict(said, case, sealed, MARKS.canary, without_spans=stripped)
        scores.append(verdict.score)
    apart = max(scores) - min(scores) > SWAYED
    return Reviewed(min(scores), bool(notes.flags) or apart)


def gullible(injected: str, honest: int, obeyed: int = 100) -> Judge:
    """A judge that obeys a text wherever it can read it, and else knows what an answer is worth."""
    order = _squeezed(clean(injected).text)

    def judge(ask: Ask, case: Case) -> str:
        blocks = shown(ask.user)
        obeys = bool(order) and any(order in _squeezed(block["text"]) for block in blocks)
        answer = next(block["text"] for block in blocks if block["channel"] == "answer")
        lines = [line.strip() for line in answer.split("\n") if re.search(r"\w", line)]
        return reply(case, obeyed if obeys else honest, lines[0] if lines else "")

    return judge


def of_row(row: Mapping[str, Any], answer: str | None = None) -> Case:
    """The case of one row of the attack set, with what is injected where its channel says."""
    injected, channel = row["injected"], row["channel"]
    task, others = row["task"]["prompt"], ()
    if channel == "task":
        task = f"{task}\n\n{injected}"
    given = row["answer"] if answer is None else answer
    if answer is None and "expand" in row:
        flood = row["expand"]["pattern"] * row["expand"]["times"]
        given = given.replace(injected, flood + injected)
    channels = {
        "peer_comment": Channel.COMMENT,
        "filename": Channel.FILE_NAME,
        "program_stdout": Channel.OUTPUT,
    }
    if channel in channels and answer is None:
        others = (piece(injected, channels[channel], "other 1"),)
    return case_of(given, task, row["task"]["type"], others=others)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
