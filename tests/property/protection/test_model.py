"""The history beside a simple model of it, through any order of what may happen to it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.components import SOAK
from tests.fakes.protection import GENESIS, KEY, OTHER_KEY, created, opened, request
from validator.errors import SigningRefusedError, VerdictConflictError
from validator.protection.interchange import Interchange, KeyHistory, parse, render
from validator.protection.tighten import Fact
from validator.protection.values import fingerprint

KEYS = (KEY, OTHER_KEY)
keys = st.sampled_from(KEYS)
answers = st.integers(0, 3)
contents = st.integers(0, 2)
scores = st.integers(0, 2)
heights = st.integers(0, 8)


def height_of(answer: int) -> int:
    """An answer id commits to its block, and the signer recomputes the id."""
    return 2 * answer


class Model:
    """What one key may sign: the same laws, told as sets."""

    def __init__(self) -> None:
        self.enabled = True
        self.low = -1
        self.rows: dict[int, tuple[int, int, int]] = {}  # answer: content, score, height
        self.scores: dict[int, int] = {}  # of contents, once and for all
        self.barred: set[tuple[str, int]] = set()

    def ask(self, answer: int, content: int, score: int, height: int) -> str:
        if not self.enabled:
            return "key_disabled"
        if answer in self.rows:
            return self._known(answer, content, score)
        refusal = self._refusal(answer, content, score, height)
        if refusal is None:
            self.rows[answer] = (content, score, height)
            self.scores[content] = score
        return refusal or "new"

    def _refusal(self, answer: int, content: int, score: int, height: int) -> str | None:
        if height <= self.low:
            return "at_or_below_low_watermark"
        if {("answer", answer), ("content", content)} & self.barred:
            return "never_sign"
        return None if self.scores.get(content, score) == score else "other_score"

    def _known(self, answer: int, content: int, score: int) -> str:
        own, signed, _ = self.rows[answer]
        if ("answer", answer) in self.barred or ("content", own) in self.barred:
            return "never_sign"
        if signed != score:
            return "other_root"
        return "repeat" if own == content else "other_answer"

    def tell(self, answer: int, content: int, score: int, height: int) -> None:
        known = self.rows.get(answer)
        barred = ("answer", answer) in self.barred or ("content", content) in self.barred
        if known is not None and known[:2] == (content, score) and not barred:
            return
        if known is None and not barred and self.scores.get(content, score) == score:
            self.rows[answer] = (content, score, height)
            self.scores[content] = score
            return
        self.barred |= {("answer", answer), ("content", content)}
        if known is not None:
            self.barred.add(("content", known[0]))
        else:
            self.rows[answer] = (content, score, height)
        self.scores.setdefault(content, -1)


class Histories(RuleBasedStateMachine):
    """Signing, importing, moving, pruning, reopening."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.moves = 0
        self.models: dict[bytes, Model] = {key: Model() for key in KEYS}
        self.permitted: dict[tuple[bytes, int], set[int]] = {}
        self.database = self._created()

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @property
    def place(self) -> Path:
        return self.folder / str(self.moves)

    def _created(self) -> Any:
        made = created(self.place)
        made.register(OTHER_KEY, fingerprint(OTHER_KEY))
        return made

    @rule(key=keys, answer=answers, content=contents, score=scores)
    def sign(self, key: bytes, answer: int, content: int, score: int) -> None:
        height = height_of(answer)
        wanted = self.models[key].ask(answer, content, score, height)
        try:
            permit = self.database.protect(request(answer, score, height, content, key))
            got = "new" if permit.is_new else "repeat"
            self.permitted.setdefault((key, answer), set()).add(score)
        except (SigningRefusedError, VerdictConflictError) as error:
            got = error.why
        assert got == wanted

    @rule(
        key=keys,
        told=st.lists(st.tuples(answers, contents, scores), max_size=3),
        low=st.none() | heights,
    )
    def take_in(self, key: bytes, told: list[tuple[int, int, int]], low: int | None) -> None:
        facts = []
        for answer, content, score in told:
            height = height_of(answer)
            asked = request(answer, score, height, content, key)
            facts.append(Fact(asked.verdict.answer, asked.content, height, score, asked.root))
            self.models[key].tell(answer, content, score, height)
        rises = [fact.height for fact in facts] + ([] if low is None else [low])
        self.models[key].low = max([self.models[key].low, *rises])
        file = Interchange(GENESIS, (KeyHistory(key, low, tuple(facts), ()),))
        self.database.take_in(parse(json.dumps(json.loads(render(file))).encode()))

    @rule(key=keys, height=heights)
    def prune(self, key: bytes, height: int) -> None:
        model = self.models[key]
        model.low = max(model.low, height)
        gone = [answer for answer, row in model.rows.items() if row[2] <= height]
        for answer in gone:
            del model.rows[answer]
            model.barred.discard(("answer", answer))  # beneath the watermark: refused by that
        assert self.database.prune(key, height) == len(gone)

    @rule(key=keys)
    def disable(self, key: bytes) -> None:
        self.database.disable(key)
        self.models[key].enabled = False

    @rule(key=keys)
    def enable(self, key: bytes) -> None:
        self.database.register(key, fingerprint(key))
        self.models[key].enabled = True

    @rule()
    def reopen(self) -> None:
        self.database.close()
        self.database = opened(self.place)

    @rule()
    def move(self) -> None:
        data = render(self.database.export())
        self.database.close()
        self.moves += 1
        self.database = self._created()
        self.database.take_in(parse(data))
        for model in self.models.values():
            model.enabled = True
            model.low = max([model.low, *(row[2] for row in model.rows.values())])

    @invariant()
    def one_answer_has_one_verdict(self) -> None:
        assert all(len(signed) == 1 for signed in self.permitted.values())


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=500 if SOAK else 20, stateful_step_count=30, deadline=None
)
