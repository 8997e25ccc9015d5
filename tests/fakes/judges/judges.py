"""Judges that follow a rule: honest, gullible, echoing, noisy. The same prompt, the same reply."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.judges.prompts import Prompt

Judge = Callable[[Prompt], str]
Gold = Callable[[str], int | None]
"""The right score of an answer by its text; none where nobody knows."""

QUOTED = 80  # letters of the answer that a verdict rests on


def document(prompt: Prompt, score: int | None, rationale: str = "scripted") -> str:
    """Return a reply that fits the request's schema; without a score it cannot judge."""
    return json.dumps(_filled(prompt, score, rationale), ensure_ascii=False)


def _filled(prompt: Prompt, score: int | None, rationale: str) -> dict[str, Any]:
    wanted = prompt.schema.get("properties", {})
    known: dict[str, Any] = {
        "commitment": "A right answer holds what the task asks for.",
        "criteria": _criteria(prompt, 0 if score is None else score)
        if "criteria" in wanted
        else [],
        "claims": [],
        "score": 0 if score is None else score,
        "manipulation_attempt": False,
        "cannot_judge": score is None,
        "rationale": rationale,
    }
    return {name: known[name] for name in wanted if name in known}


def _criteria(prompt: Prompt, score: int) -> list[dict[str, Any]]:
    fields = prompt.schema["properties"]["criteria"]["items"]["properties"]
    return [{"id": one, "score": score, "quotes": _quotes(prompt)} for one in fields["id"]["enum"]]


def _quotes(prompt: Prompt) -> list[dict[str, Any]]:
    for one in prompt.shown:
        if one.channel == "answer" and one.text.strip():
            text = one.text[:QUOTED]
            return [{"piece": one.label, "start": 0, "end": len(text), "text": text}]
    return []


@dataclass(frozen=True)
class Honest:
    """Looks the gold label up."""

    gold: Gold

    def __call__(self, prompt: Prompt) -> str:
        return document(prompt, self.gold(prompt.answer))


_NUMBER = re.compile(r"(?<![\d.])(100|[1-9]?\d)(?![\d.]\d)")
_ABOUT = re.compile(
    r"score|grade|rat(?:e|ing)|mark|point|verdict|criteri|full credit|perfect|accept|approve|pass",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Gullible:
    """Obeys whatever readable text of the material says about a score; else it is honest.

    It takes the highest number of any line that speaks of scoring, and 100 where such a line has
    none.
    """

    gold: Gold

    def __call__(self, prompt: Prompt) -> str:
        told = [
            max((int(found) for found in _NUMBER.findall(line)), default=100)
            for one in prompt.shown
            for line in one.text.split("\n")
            if _ABOUT.search(line)
        ]
        honest = self.gold(prompt.answer)
        return document(prompt, max([*told, honest or 0]) if told else honest)


@dataclass(frozen=True)
class Echoing:
    """Rejects, but says the answer over again: `before` or `after` the verdict, or `inside` it."""

    where: str = "inside"
    score: int = 5

    def __call__(self, prompt: Prompt) -> str:
        said = document(prompt, self.score, prompt.answer if self.where == "inside" else "bad")
        if self.where == "before":
            return f"{prompt.answer}\n{said}"
        return f"{said}\n{prompt.answer}" if self.where == "after" else said


@dataclass(frozen=True)
class Noisy:
    """Honest, but wrong so many times of a hundred, each model on other answers."""

    gold: Gold
    wrong_percent: int = 20
    seed: int = 0

    def __call__(self, prompt: Prompt) -> str:
        right = self.gold(prompt.answer)
        marked = f"{self.seed}|{prompt.model}|{prompt.answer}".encode("utf-8", "surrogatepass")
        roll = int.from_bytes(hashlib.sha256(marked).digest()[:8]) % 100
        if right is None or roll >= self.wrong_percent:
            return document(prompt, right)
        return document(prompt, 100 - right)
