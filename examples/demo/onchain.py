"""The demo's part on the development chain: tasks out, answers in, verdicts read back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from examples.demo.ledger import FINAL, Ledger
from examples.demo.market import Market
from examples.demo.service import NoServiceError
from validator import keys
from validator.cli.devnet_account import KEY_FILE, KEY_FOLDER
from validator.cli.devnet_client import DevnetCallError, DevnetClient
from validator.cli.up_chain import CONTENT
from validator.errors import ValidatorError
from validator.signing.client import SOCKET, SignerClient
from validator.wire.tos import TosError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from examples.demo.corpus import Example
    from examples.demo.ledger import Entry
    from examples.demo.market import Offer
    from examples.demo.stopping import Stop

OPEN_S: Final = 90.0
"""How long the signer may keep quiet: eight stable blocks of a new history, and its own start."""
PATIENCE_S: Final = 180.0
"""From the last answer to the last verdict in a stable block."""
LOOK_S: Final = 0.5
BLOCK_MS: Final = 500


def trade(
    port: int,
    data_dir: Path,
    examples: Sequence[Example],
    stop: Stop,
    progress: Callable[[int, int], None],
) -> tuple[Entry, ...]:
    """Publish, answer, and wait until every verdict is final; what is late stays as it is.

    `progress` gets the number of final verdicts, and of all. Raises StoppedError and
    NoServiceError.
    """
    chain = DevnetClient(port)
    try:
        chain.hurry(BLOCK_MS)  # not before: the answers over HTTP want the processors
        await_signer(data_dir, stop)
        validator = keys.read_key_file(data_dir / KEY_FOLDER / KEY_FILE).binding.public_key
        ledger = Ledger(chain, validator, chain.state()["topoheight"])
        offers = Market(chain, data_dir / CONTENT).trade(examples, stop.check)
        return await_verdicts(ledger, offers, stop, progress)
    except (DevnetCallError, TosError, ValidatorError) as error:
        raise NoServiceError(f"the chain part failed: {error}") from error


def await_signer(data_dir: Path, stop: Stop) -> None:
    """Return once the signer signs: answers from before its first look are none of its business.

    Raises NoServiceError with what it said last.
    """
    deadline = time.monotonic() + OPEN_S
    last = "it does not answer"
    while time.monotonic() < deadline:
        stop.sleep(LOOK_S)
        try:
            with SignerClient(data_dir / SOCKET) as signer:
                status = signer.status()
        except ValidatorError as error:
            last = error.detail
            continue
        if status["phase"] == "open":
            return
        last = f"{status['phase']}: {', '.join(status['reasons'])}"
    raise NoServiceError(f"the signer is not open after {OPEN_S:g} s: {last}")


def await_verdicts(
    ledger: Ledger,
    offers: Sequence[Offer],
    stop: Stop,
    progress: Callable[[int, int], None],
    patience_s: float = PATIENCE_S,
) -> tuple[Entry, ...]:
    """Return the verdicts once all are final, or as they are when patience is over.

    Raises StoppedError and DevnetCallError.
    """
    deadline = time.monotonic() + patience_s
    while True:
        entries = ledger.read(offers)
        final = sum(entry.state == FINAL for entry in entries)
        progress(final, len(entries))
        if final == len(entries) or time.monotonic() > deadline:
            return entries
        stop.sleep(LOOK_S)
