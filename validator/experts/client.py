"""The one way to a model: caps before a call, retries, other models, the raw body kept.

Whatever goes wrong ends as a `JudgeError` that says what it may have cost; nothing becomes a score.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from validator.domain.reviews import Fault, JudgeError, Reply, Seat, Usage
from validator.errors import ConfigurationError, EvidenceKeyError
from validator.evidence.key_file import read_secret
from validator.experts.bodies import Read, refusal, understand
from validator.experts.models import Endpoint
from validator.experts.prices import BILLED_ATTEMPTS, most_usage, together
from validator.experts.wiring import Exchange, kept

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from types import TracebackType

    from validator.domain.clock import Clock
    from validator.domain.reviews import Ask
    from validator.settings.experts import ExpertSettings, SeatSettings

_OK: Final = 200
_AGAIN: Final = frozenset({408, 409, 425, 429})  # and every 5xx
_SERVER: Final = 500
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_LEAST_KEY: Final = 8
_NOTHING: Final = Usage(0, 0)


def seats_of(settings: ExpertSettings) -> tuple[Seat, ...]:
    """Return the configured seats as a review knows them; none without configuration."""
    return tuple(
        Seat(
            one.name, one.tier, one.family, one.api, one.model, one.base_url,
            one.price_in, one.price_out, one.scripted,
        )
        for one in settings.seats
    )  # fmt: skip


def read_key(path: Path) -> str:
    """Return the key in a file that is ours alone.

    Raises ConfigurationError for a link, another owner, a file open to others, and what is no key.
    """
    try:
        text = read_secret(path).decode("ascii").strip()
    except EvidenceKeyError as error:
        raise ConfigurationError(f"experts.seats: key_file: {error.detail}") from None
    except UnicodeDecodeError:
        text = ""
    if len(text) < _LEAST_KEY or not text.isprintable() or " " in text:
        raise ConfigurationError(
            f"experts.seats: key_file: {path} must hold one key of {_LEAST_KEY} letters or more"
        )
    return text


def open_client(
    settings: ExpertSettings,
    keys: Callable[[Path], str] = read_key,
    *,
    clock: Clock,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> ExpertClient:
    """Return the client of these seats, to be used as an asynchronous context manager.

    Reads every key once, by `keys`. Raises ConfigurationError.
    """
    found = [None if seat.key_file is None else keys(seat.key_file) for seat in settings.seats]
    return ExpertClient(settings, found, clock, pause)


@dataclass
class _Line:
    """A seat's endpoint, and how many calls it takes at once."""

    endpoint: Endpoint
    free: asyncio.Semaphore
    seat: Seat


@dataclass
class _Call:
    """What one call has cost so far, and what came back last."""

    ask: Ask
    began: float
    attempts: int = 0
    lost: int = 0  # attempts that may be charged although no answer came of them
    usage: Usage = _NOTHING
    exchange: Exchange = field(default_factory=Exchange)

    def lose(self) -> None:
        """Count an attempt whose answer never came as the dearest it can be."""
        self.lost += 1
        self.usage = together(self.usage, most_usage(self.ask))

    def failed(self, fault: Fault, detail: str) -> JudgeError:
        return JudgeError(fault, detail, usage=self.usage, raw=bytes(self.exchange.body))


class _NextModelError(Exception):
    """A model does not answer; another may."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


class ExpertClient:
    """Asks the configured seats. One for each event loop."""

    def __init__(
        self,
        settings: ExpertSettings,
        keys: list[str | None],
        clock: Clock,
        pause: Callable[[float], Awaitable[object]],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._pause = pause
        self._jitter = random.SystemRandom()
        self._lines = {
            seat.name: _line(one, seat, key, settings)
            for one, seat, key in zip(settings.seats, seats_of(settings), keys, strict=True)
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for line in self._lines.values():
            await line.endpoint.aclose()

    async def ask(self, seat: Seat, ask: Ask) -> Reply:
        """Return the model's reply, whole and unrefused; its document is still to be read.

        At most `BILLED_ATTEMPTS` attempts are made that may be charged, all inside the deadline,
        waiting for a free place included. Raises JudgeError.
        """
        line = self._lines.get(seat.name)
        if line is None or line.seat != seat:
            raise JudgeError(Fault.REJECTED, f"seat {seat.name} is not configured like this")
        self._check(ask)
        call = _Call(ask, self._clock.monotonic())
        try:
            async with asyncio.timeout(ask.deadline_s), line.free:
                return await self._ask_each(line, call)
        except TimeoutError:
            exchange = call.exchange
            if exchange.sent and (exchange.status is None or exchange.status == _OK):
                call.lose()
            raise call.failed(Fault.TIMEOUT, f"no reply within {ask.deadline_s:g} s") from None

    def _check(self, ask: Ask) -> None:
        letters = len(ask.system) + len(ask.user)
        caps = self._settings
        if letters > caps.max_input_chars:
            raise JudgeError(Fault.BUDGET, f"{letters} characters are over experts.max_input_chars")
        if not 0 < ask.max_output_tokens <= caps.max_output_tokens:
            raise JudgeError(
                Fault.BUDGET, f"{ask.max_output_tokens} tokens are over experts.max_output_tokens"
            )
        if ask.deadline_s > caps.max_call_s:
            raise JudgeError(Fault.BUDGET, f"{ask.deadline_s:g} s are over experts.max_call_s")
        if not ask.deadline_s > 0:
            raise JudgeError(Fault.TIMEOUT, "no time is left for a call")

    async def _ask_each(self, line: _Line, call: _Call) -> Reply:
        last = _NextModelError(Fault.UNAVAILABLE, "no model was asked")
        for model in line.endpoint.models:
            try:
                return await self._ask_one(line, model, call)
            except _NextModelError as error:
                last = error
        raise call.failed(last.fault, last.detail)

    async def _ask_one(self, line: _Line, model: str, call: _Call) -> Reply:
        for number in range(self._settings.attempts):
            if call.lost >= BILLED_ATTEMPTS:
                raise call.failed(Fault.UNAVAILABLE, "two replies were lost on the way")
            if number:
                await self._wait(call, number)
            read = await self._attempt(line, model, call)
            if read is not None:
                return self._reply(read, call)
        status = call.exchange.status
        found = "no connection" if status is None else f"HTTP {status}"
        raise _NextModelError(Fault.UNAVAILABLE, f"{model}: {found} after {number + 1} attempts")

    async def _attempt(self, line: _Line, model: str, call: _Call) -> Read | None:
        """Return what came back, or none where the same may be asked again."""
        call.attempts += 1
        with kept() as call.exchange:
            try:
                response = await line.endpoint.request(model, call.ask)
            except Exception as error:  # noqa: BLE001 - an SDK's own; told by kind, never a score
                self._failed(call, model, error)
                return None
        return understand(line.seat.api, response, call.exchange, call.ask)

    def _failed(self, call: _Call, model: str, error: Exception) -> None:
        """Return where another attempt may help. Raises what it ends in where none does."""
        exchange = call.exchange
        if exchange.status is None or (not exchange.complete and not exchange.oversized):
            if exchange.sent and exchange.status in (None, _OK):
                call.lose()
            return
        status = exchange.status
        if status in _AGAIN or status >= _SERVER:
            return
        if status != _OK:
            raise _NextModelError(Fault.REJECTED, f"{model}: HTTP {status}")
        call.lose()
        if exchange.oversized:
            raise call.failed(
                Fault.MALFORMED, "the response is over experts.response_bytes, or packed"
            )
        raise call.failed(Fault.MALFORMED, f"the response is none ({type(error).__name__})")

    async def _wait(self, call: _Call, number: int) -> None:
        asked = _retry_after(call.exchange)
        doubled = _FIRST_PAUSE_S * 2 ** (number - 1) * self._jitter.uniform(0.5, 1)
        seconds = min(max(asked, doubled), _LONGEST_PAUSE_S)
        if seconds >= call.began + call.ask.deadline_s - self._clock.monotonic():
            raise call.failed(
                Fault.UNAVAILABLE, f"HTTP {call.exchange.status}: asks to wait past the deadline"
            )
        await self._pause(seconds)

    def _reply(self, read: Read, call: _Call) -> Reply:
        usage = together(call.usage, read.usage)
        call.usage = usage
        fault = refusal(read)
        if fault is not None:
            raise call.failed(*fault)
        return Reply(
            raw=bytes(call.exchange.body),
            document=read.document,
            model=read.model,
            fingerprint=read.fingerprint,
            request_id=read.request_id,
            usage=usage,
            duration_s=self._clock.monotonic() - call.began,
            attempts=call.attempts,
        )


def _line(one: SeatSettings, seat: Seat, key: str | None, settings: ExpertSettings) -> _Line:
    endpoint = Endpoint(one, key, settings.response_bytes)
    return _Line(endpoint, asyncio.Semaphore(one.concurrency), seat)


def _retry_after(exchange: Exchange) -> float:
    """Seconds that the server asks us to wait; nothing for a date or nonsense."""
    text = exchange.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0  # noqa: PLR2004
