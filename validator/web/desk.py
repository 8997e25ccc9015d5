"""What every route shares: services, threads for the synchronous store, the watcher, the owner."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from validator.domain.submission import LOCAL_OWNER
from validator.web.landing import Landings
from validator.web.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from validator.web.ports import WebServices

THREADS = 8

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """One per application. `run` keeps the event loop free of the store's blocking calls."""

    services: WebServices
    watcher: Watcher
    threads: ThreadPoolExecutor
    owner_of: Callable[[Request], str]
    landings: Landings

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread of our own; cheaper per call than the framework's limiter."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, partial(call, *args, **kwargs))

    def close(self) -> None:
        """Let waiting requests go and end the threads."""
        self.watcher.close()
        self.threads.shutdown(wait=False, cancel_futures=True)


def open_desk(services: WebServices, owner_of: Callable[[Request], str]) -> Desk:
    """Return a desk; nothing runs until it is used."""
    watcher = Watcher(services.store, services.clock.monotonic)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")
    return Desk(services, watcher, threads, owner_of, Landings(services.ring))


def local_owner(_: Request) -> str:
    """Who asks. One owner until API keys exist; every route passes it on already."""
    return LOCAL_OWNER


def desk_and_owner(request: Request) -> tuple[Desk, str]:
    """The application's desk, and who asks.

    A plain call: the framework's dependencies would cost as much again as the route itself.
    """
    desk: Desk = request.app.state.desk
    return desk, desk.owner_of(request)
