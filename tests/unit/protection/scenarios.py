"""Runs a scenario of `tests/vectors/protection`; its README says what each step means."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.fakes.protection import CLOCK
from validator.errors import (
    SigningClosedError,
    SigningRefusedError,
    ValidatorError,
    VerdictConflictError,
)
from validator.protection.database import ProtectionDatabase
from validator.protection.interchange import parse, render
from validator.protection.reconcile import ChainVerdict, Reading, SigningState, reconcile
from validator.protection.values import AttemptState, Observed, Request, Verdict, fingerprint

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "protection"
SCHEMA = FOLDER / "scenario.schema.json"


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json") if path != SCHEMA)


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def unhex(step: dict[str, Any], *fields: str) -> list[bytes]:
    return [bytes.fromhex(step[field]) for field in fields]


class Scenario:
    """One history, the state of signing for each key, and copies that were put aside."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.folder = folder
        self.genesis = bytes.fromhex(told["genesis"])
        self.keys = [bytes.fromhex(key) for key in told["keys"]]
        self.steps = told["steps"]
        self.moves = 0
        self.states: dict[bytes, SigningState] = {}
        self.now = 0.0
        self.database = self._create()

    def run(self) -> None:
        try:
            for number, step in enumerate(self.steps):
                said = getattr(self, f"step_{step['step']}")(step)
                assert said is None, f"step {number} {step}: {said}"
        finally:
            self.database.close()

    @property
    def place(self) -> Path:
        return self.folder / f"history{self.moves}"

    def _create(self) -> ProtectionDatabase:
        first, *others = self.keys
        made = ProtectionDatabase.create(self.place, self.genesis, first, fingerprint(first), CLOCK)
        for key in others:
            made.register(key, fingerprint(key))
        return made

    def _open(self) -> None:
        self.database = ProtectionDatabase.open(self.place, self.genesis, CLOCK)
        self.states = {}

    def step_sign(self, step: dict[str, Any]) -> str | None:
        key, task, answer, submitter, answer_hash = unhex(
            step, "public_key", "task", "answer", "submitter", "answer_hash"
        )
        genesis = bytes.fromhex(step["genesis"]) if "genesis" in step else self.genesis
        verdict = Verdict(task, answer, step["score"])
        asked = Request(genesis, key, verdict, submitter, answer_hash, step["height"])
        got, root = self._sign(asked, gated="gate" in step)
        if got != step["expect"]:
            return f"got {got}"
        return None if root == step.get("signing_root") else f"got root {root}"

    def _sign(self, asked: Request, *, gated: bool) -> tuple[str, str | None]:
        try:
            if gated:
                state = self.states.get(asked.public_key, SigningState())
                state.require_open(self.now, 60)
            permit = self.database.protect(asked)
        except SigningClosedError:
            return "closed", None
        except (SigningRefusedError, VerdictConflictError) as error:
            return error.why, None
        assert permit.row.root == asked.root
        return "new" if permit.is_new else "repeat", asked.root.hex()

    def step_import(self, step: dict[str, Any]) -> str | None:
        text = step["text"] if "text" in step else json.dumps(step["file"])
        try:
            reports = self.database.take_in(parse(text.encode()))
        except ValidatorError as error:
            return None if error.code == step["expect"] else f"got {error.code} {error}"
        barred = sum(report.barred for report in reports)
        if step["expect"] != "ok":
            return "it was taken in"
        return None if bool(barred) == step["bars"] else f"barred {barred}"

    def step_export(self, step: dict[str, Any]) -> str | None:
        data = render(self.database.export())
        assert render(parse(data)) == data
        got = json.loads(data)
        return None if got == step["file"] else f"got {got}"

    def step_prune(self, step: dict[str, Any]) -> str | None:
        (key,) = unhex(step, "public_key")
        gone = self.database.prune(key, step["height"])
        return None if gone == step["pruned"] else f"pruned {gone}"

    def step_key(self, step: dict[str, Any]) -> None:
        (key,) = unhex(step, "public_key")
        typed = fingerprint(key)
        match step["action"]:
            case "disable":
                self.database.disable(key)
            case "enable":
                self.database.register(key, typed)
            case "halt":
                self.database.halt(key, "the operator's word")
            case "resume":
                self.database.resume(key, typed)
            case "low_watermark":
                self.database.raise_low(key, step["height"])
            case "high_watermark":
                self.database.set_high(key, step["height"], typed)

    def step_reopen(self, step: dict[str, Any]) -> str | None:
        self.database.close()
        if "genesis" in step:
            try:
                ProtectionDatabase.open(self.place, bytes.fromhex(step["genesis"]), CLOCK).close()
            except ValidatorError as error:
                got = error.code
            else:
                got = "opened"
            self._open()
            return None if got == step["error"] else f"got {got}"
        self._open()
        return None

    def step_backup(self, step: dict[str, Any]) -> None:
        self.database.close()
        shutil.copytree(self.place, self.folder / step["name"])
        states = self.states
        self._open()
        self.states = states

    def step_restore(self, step: dict[str, Any]) -> None:
        self.database.close()
        shutil.rmtree(self.place)
        shutil.copytree(self.folder / step["name"], self.place)
        self._open()

    def step_move(self, _: dict[str, Any]) -> None:
        data = render(self.database.export())
        self.database.close()
        self.moves += 1
        self.database = self._create()
        self.database.take_in(parse(data))
        self.states = {}

    def step_attempt(self, step: dict[str, Any]) -> str | None:
        key, answer = unhex(step, "public_key", "answer")
        seen = step["observed"]
        observed = Observed(seen["next_nonce"], seen["score"]) if seen else None
        row = self.database.row(key, answer)
        assert row is not None
        payload = Verdict(row.content.task, answer, row.score or 0).payload
        message = key + payload + bytes([step["variant"]]) + step["nonce"].to_bytes(8, "big")
        try:
            made = self.database.prepare(key, answer, step["nonce"], message, 10_000, observed)
        except SigningRefusedError as error:
            return None if error.why == step["expect"] else f"got {error.why}"
        assert made.message == message
        return None if step["expect"] == "ok" else "it was permitted"

    def step_attempt_state(self, step: dict[str, Any]) -> None:
        key, answer = unhex(step, "public_key", "answer")
        for attempt in self.database.attempts(key, answer):
            if attempt.nonce == step["nonce"]:
                self.database.advance(attempt.attempt_id, AttemptState(step["state"]))

    def step_chain(self, step: dict[str, Any]) -> str | None:
        (key,) = unhex(step, "public_key")
        reading = reading_of(step["reading"]) if step["reading"] else None
        self.now += 3
        state = self.states.get(key, SigningState())
        state, plan = reconcile(state, self.database.known(key, reading), reading, self.now)
        self.database.apply(key, plan)
        self.states[key] = state
        reasons = [reason.value for reason in state.reasons]
        got = (state.phase.value, reasons)
        return None if got == (step["phase"], step["reasons"]) else f"got {got}"


def reading_of(told: dict[str, Any]) -> Reading:
    verdicts = []
    for each in told["verdicts"]:
        task, answer, submitter, answer_hash = unhex(
            each, "task", "answer", "submitter", "answer_hash"
        )
        verdicts.append(
            ChainVerdict(
                Verdict(task, answer, each["score"]),
                submitter,
                answer_hash,
                each["answer_height"],
                each["nonce"],
                each["verified"],
            )
        )
    return Reading(
        bytes.fromhex(told["genesis"]),
        told["stable_height"],
        told["since"],
        told["next_nonce"],
        told["pruned_height"],
        tuple(verdicts),
        frozenset(bytes.fromhex(each) for each in told["pending"]),
    )
