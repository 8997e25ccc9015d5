"""The relay, killed after so many publishes: between a publish and the delete of its entry."""

from __future__ import annotations

import os
import signal

from validator.jobs import __main__ as relay_main
from validator.jobs.relay import Ringer


class DyingRinger(Ringer):
    left = int(os.environ.get("STAGE_RELAY_DIES_AFTER", "1"))

    def ring(self, queue: str, submission_id: str) -> None:
        super().ring(queue, submission_id)
        DyingRinger.left -= 1
        if DyingRinger.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    relay_main.Ringer = DyingRinger  # type: ignore[misc]
    relay_main.main()
