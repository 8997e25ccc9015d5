"""What the control surface is asked, and every limit of it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from devnet.node import MAX_MINED, MAX_SKIP, Rewrite
from devnet.trouble import FOREVER, Down, Fate

MAX_SECONDS: Final = 3600
MAX_CODE: Final = 2**31

Count = Annotated[int, Field(ge=FOREVER, le=MAX_MINED)]
"""How many calls; -1 is for ever."""
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
Topoheight = Annotated[int, Field(ge=0, lt=2**64)]
Position = Annotated[int, Field(ge=0, lt=2**16)]
Method = Annotated[str, Field(max_length=100)]
Host = Literal["127.0.0.1", "localhost"]
"""The name under which callers reach the node: two names, two endpoints."""


class Wish(BaseModel):
    """A request's body: an object without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Wish):
    """No key at all."""


class Mine(Wish):
    """Make blocks now, the first after moving the chain's clock on."""

    blocks: Annotated[int, Field(ge=1, le=MAX_MINED)] = 1
    skip_ms: Annotated[int, Field(ge=0, le=MAX_SKIP)] = 0
    side: bool = False
    """Beside the tip: they have its height."""


class Auto(Wish):
    """Make a block every so many milliseconds; 0: on demand only."""

    period_ms: Annotated[int, Field(ge=0, le=MAX_SECONDS * 1000)]


class Faucet(Wish):
    """Give out units."""

    address: Annotated[str, Field(max_length=400)]
    amount: Annotated[int, Field(ge=1, lt=2**64)]


class Reorder(Wish):
    """Put other blocks, or the same in another order, in the place of the last ones."""

    depth: Annotated[int, Field(ge=1, le=2**16)]
    kind: Rewrite = Rewrite.REVERSE
    order: Annotated[list[Position], Field(max_length=2**16)] | None = None
    """Positions of the last `depth` blocks in their new order, in the place of `kind`."""
    roll_back_ai: bool = False
    """Roll the AI state back as well, which nodes do not."""


class Transactions(Wish):
    """What becomes of the next transactions that the node accepts."""

    fate: Fate
    count: Annotated[int, Field(ge=1, le=MAX_MINED)] = 1
    blocks: Annotated[int, Field(ge=0, le=MAX_MINED)] = 1
    """For a delay: how many blocks come before the one that includes it."""


class GoDown(Wish):
    """Be down for a time."""

    seconds: Seconds
    kind: Down = Down.UNAVAILABLE
    host: Host | None = None


class Syncing(Wish):
    """Refuse transactions as a node does that is syncing."""

    on: bool = True


class Pruned(Wish):
    """Behave as if everything below a topoheight were gone; 0: nothing is."""

    topoheight: Topoheight


class Errors(Wish):
    """Answer the next calls with an error; without a code, drop the connection."""

    method: Method | None = None
    host: Host | None = None
    count: Count = 1
    code: Annotated[int, Field(gt=-MAX_CODE, lt=MAX_CODE)] | None = None
    message: Annotated[str, Field(max_length=1000)] = "trouble"


class Slow(Wish):
    """Let the next replies wait."""

    seconds: Seconds
    method: Method | None = None
    host: Host | None = None
    count: Count = 1


class Lying(Wish):
    """Put a value into the next results, at a path of keys and positions."""

    path: Annotated[list[Position | str], Field(max_length=20)]
    value: Any
    method: Method | None = None
    host: Host | None = None
    count: Count = 1


class Explain(Wish):
    """Ask why a transaction was not executed."""

    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
