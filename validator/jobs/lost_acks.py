"""Mends a worker that lives on after a broker's restart without taking work.

When an acknowledgement fails, Celery logs it and goes on, but the message keeps its place in the
prefetch window. With every place taken so, the worker never asks the broker for work again, and as
it never asks, it never notices that its connection is dead (seen in 5.7.0; failure test 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import bootsteps
from celery.worker import state

if TYPE_CHECKING:
    from celery import Celery

LOOK_S = 1.0
LOOKS = 3  # a place may be held for a moment between a task's end and its acknowledgement


class LostAcks(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
    """Compares places held with work in hand; more places than work for long: connect anew."""

    requires = frozenset({"celery.worker.consumer.tasks:Tasks"})

    def __init__(self, consumer: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's
        super().__init__(consumer, **options)
        self._timer: Any = None
        self._suspicious = 0

    def start(self, consumer: Any) -> None:  # noqa: ANN401 - Celery's
        """Look from time to time, in the worker's own event loop."""
        self._suspicious = 0
        self._timer = consumer.timer.call_repeatedly(LOOK_S, self._look, (consumer,))

    def stop(self, _consumer: Any) -> None:  # noqa: ANN401 - Celery's
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, consumer: Any) -> None:  # noqa: ANN401 - Celery's
        self._suspicious = self._suspicious + 1 if places_held(consumer) > in_hand() else 0
        if self._suspicious >= LOOKS:
            self._suspicious = 0
            # One of the errors after which Celery builds its connection and consumer anew.
            raise ConnectionResetError("acknowledgements were lost; connecting to the broker anew")


def places_held(consumer: Any) -> int:  # noqa: ANN401 - Celery's
    """Messages that count as taken and not acknowledged."""
    qos = consumer.task_consumer.channel.qos
    return len(qos._delivered) - len(qos._dirty)  # noqa: SLF001 - there is no public count


def in_hand() -> int:
    """Tasks that this worker has received and not finished."""
    return len(state.reserved_requests)


def install(app: Celery) -> None:
    """Add the step to the worker's consumer."""
    app.steps["consumer"].add(LostAcks)
