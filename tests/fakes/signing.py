"""A signer in one process, and requests that it would sign."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes

from checkers.protocol import CheckResult, CheckStatus, Tool
from tests.fakes.chain import GENESIS, KEY, TASK, FakeChain, h
from tests.fakes.evidence import MemorySigner
from tests.fakes.store import START, verdict_of
from tests.fakes.submissions import body
from validator.domain.clock import SystemClock
from validator.domain.submission import Origin
from validator.domain.verdict import CheckRecord, Decision
from validator.evidence.seal import Grounds, seal
from validator.evidence.statement import Statement, read_statement
from validator.intake import parse
from validator.keys import Cost, write_key_file
from validator.keys import seal as seal_key
from validator.protection.database import ProtectionDatabase
from validator.protection.values import Verdict, fingerprint
from validator.settings import LimitSettings, Settings
from validator.signing.opening import HISTORY, opened
from validator.signing.requests import AnswerClaim, Block, SignVerdict
from validator.wire.tos import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.domain.clock import Clock
    from validator.signing.desk import Desk

PASSPHRASE = "correct horse battery"
FINGERPRINT = fingerprint(KEY.public.data)
CHEAP = Cost(memory_kib=8 * 1024, iterations=1, lanes=1)
FEE = 10_000
_BODY = body()
_INTAKE = parse(_BODY, LimitSettings())


def check(score: int, name: str = "tests", tool: str = "cpython", **changes: Any) -> CheckRecord:
    """A check with these points that alone gives them as the total."""
    status = CheckStatus.PASS if score >= 70 else CheckStatus.FAIL
    result = CheckResult(name, status, score, "as it is", tool=Tool(tool, "3.11"))
    values = {"weight": 3, "required": False, "sufficient": True, "pass_at": 70}
    return CheckRecord(result, **values | changes)  # type: ignore[arg-type]


def statement(
    answer: AnswerClaim, score: int, genesis: bytes = GENESIS, **changes: Any
) -> Statement:
    """What the service states of a verdict on this answer; changes are those of the verdict."""
    decision = Decision.ACCEPT if score >= 70 else Decision.REJECT
    values = {"decision": decision, "score": score, "checks": (check(score),)} | changes
    payload = changes.pop("payload", Verdict(TASK, answer.id, score).payload)
    values.pop("payload", None)
    given = verdict_of(f"sub_{1:032x}", f"ver_{answer.height:032x}", **values)
    grounds = Grounds(
        _BODY, _INTAKE, Origin.CHAIN, genesis.hex(), START, {"wall_s": 10}, "policy/1",
        chain_payload=payload,
    )  # fmt: skip
    envelope = seal(given, grounds, [MemorySigner(9)], bytes(32)).envelope
    return read_statement(envelope.payload)


def ask(
    answer: AnswerClaim, score: int = 80, nonce: int = 0, *, stated: str | None = None, **more: Any
) -> SignVerdict:
    """Ask for a verdict on an answer."""
    values: dict[str, Any] = {
        "genesis": GENESIS,
        "task": TASK,
        "answer": answer,
        "score": score,
        "statement": statement(answer, score).encode().decode() if stated is None else stated,
        "nonce": nonce,
        "fee": FEE,
        "reference": Block(hash=h(2), topoheight=900),
    }
    return SignVerdict(**values | more)


def prepare(folder: Path, *, genesis: bytes = GENESIS, **signer: Any) -> Settings:
    """A data directory with key file, passphrase file and an empty history."""
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "keys" / "chain.json"
    key_file.parent.mkdir(mode=0o700, exist_ok=True)
    made = seal_key(
        KEY, Network.DEVNET, SecretBytes(PASSPHRASE.encode()), genesis=genesis, cost=CHEAP
    )
    write_key_file(key_file, made)
    secret = folder / "keys" / "passphrase"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    data = folder / "data"
    key = KEY.public.data
    ProtectionDatabase.create(data / HISTORY, genesis, key, FINGERPRINT, SystemClock()).close()
    return Settings(
        data_dir=data, signer={"key_file": key_file, "passphrase_file": secret} | signer
    )


@dataclass
class Rig:
    """A signer in this process over a fake chain."""

    desk: Desk
    chain: FakeChain
    clock: Clock

    def open(self) -> None:
        """Let the quiet period of a new history pass, and then the blocks of the answers."""
        for _ in range(10):
            self.desk.gate.poll()
            self.chain.stable += 1
        self.chain.stable = max(self.chain.stable, 1_000)
        self.desk.gate.poll()
        self.desk.gate.require_open()


@contextlib.contextmanager
def rig(settings: Settings, clock: Clock, chain: FakeChain | None = None) -> Iterator[Rig]:
    """Start a signer whose chain is a fake one."""
    seen = chain or FakeChain(clock)
    with opened(settings, lambda _: SecretBytes(PASSPHRASE.encode()), clock, seen) as desk:
        yield Rig(desk, seen, clock)
