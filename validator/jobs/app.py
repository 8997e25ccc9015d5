"""The Celery application. Every setting that is not a default says what goes wrong without it."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery, signals
from kombu.entity import Queue

from validator.jobs import lost_acks, prover
from validator.jobs.prover import Gate, Prover
from validator.jobs.queues import ALL_QUEUES, FAST, SANDBOX, UNACKED, VALIDATE
from validator.jobs.validate import Validation
from validator.services import build_services
from validator.store.bell import LAUNCHER, Bell

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.services import Services
    from validator.settings import Settings

SUBMISSION_ID = re.compile(r"sub_[0-9a-f]{32}", re.ASCII)
TASKS_PER_CHILD = 1000
CHILD_MEMORY_KB = 512 * 1024  # looked at between tasks only; a single task is the cage's to bound
CHILD_START_S = 30.0

log = structlog.get_logger(__name__)


def celery_settings(settings: Settings) -> dict[str, Any]:
    """Settings of Celery and Redis; the reasons are measured, see the docs on reliability."""
    worker = settings.worker
    return {
        "broker_url": broker_url(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker outlives any outage of the broker
        "broker_transport_options": {
            # Below the hard limit a long task is certain to run twice.
            "visibility_timeout": worker.visibility_s,
            # By default what a dead worker held is looked for every 100 s only.
            "unacked_restore_interval": min(10, worker.visibility_s),
            "unacked_restore_throttle": 1,
            "unacked_key": UNACKED,
            "unacked_index_key": f"{UNACKED}.index",
            "unacked_mutex_key": f"{UNACKED}.mutex",
            "queue_order_strategy": "priority",  # round robin delays urgent work
            # Without them a dead broker can hang a publish for ever.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        # Either alone lost a task when a child was killed.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,  # a kill strands what was fetched ahead
        "task_soft_time_limit": worker.soft_limit_s,
        "task_time_limit": worker.hard_limit_s,
        "task_serializer": "json",
        "accept_content": ["json"],  # pickle would run the sender's code
        "task_ignore_result": True,  # results are rows
        "task_queues": [_queue(name) for name in ALL_QUEUES],
        "task_default_queue": SANDBOX,
        "task_create_missing_queues": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_concurrency": worker.concurrency,
        "worker_pool": "prefork",
        "worker_max_tasks_per_child": TASKS_PER_CHILD,
        "worker_max_memory_per_child": CHILD_MEMORY_KB,
        "worker_proc_alive_timeout": CHILD_START_S,
        # Works on SIGTERM only with REMAP_SIGTERM=SIGQUIT, which the command `worker` sets.
        "worker_soft_shutdown_timeout": float(worker.stop_grace_s),
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the lease sees to doubles
        "worker_hijack_root_logger": False,
        "enable_utc": True,
    }


def broker_url(settings: Settings) -> str:
    """The broker's URL, or one that refuses at once: an embedded broker comes from `up`."""
    if settings.broker.url is None:
        return "redis://127.0.0.1:1/0"
    return settings.broker.url.get_secret_value()


def create_celery(
    services: Services, reopen: Callable[[Settings], Services] | None = None
) -> Celery:
    """Make the application: our one task, nothing of Celery's own.

    Connections, threads and cages do not survive a fork, so every child of the pool builds its
    services anew by `reopen`.
    """
    app = Celery("tos-validator", set_as_current=True)
    app.conf.update(celery_settings(services.settings))
    gate = Gate(services.settings, services.clock)
    validation = Validation(
        services.settings,
        reopen or partial(build_services, doubt=gate.doubt),
    )

    def validate_submission(task: Any, submission_id: object) -> None:  # noqa: ANN401 - Celery's
        """Judge one submission. Idempotent: a second delivery finds no lease to take."""
        if not isinstance(submission_id, str) or not SUBMISSION_ID.fullmatch(submission_id):
            log.warning("message_refused", reason="not a submission id")
            return
        # What starts no program needs no cage. The row of all else stays for another worker.
        queue = (task.request.delivery_info or {}).get("routing_key")
        reason = gate.wait() if queue != FAST else None
        if reason is not None:
            log.warning("work_left", submission_id=submission_id, reason=reason)
            return
        validation.run(submission_id)

    app.task(name=VALIDATE, shared=False, bind=True)(validate_submission)
    app.finalize()
    for name in [name for name in app.tasks if name.startswith("celery.")]:
        app.tasks.pop(name)  # chunks, starmap and their like start other tasks by message
    lost_acks.install(app)
    _install_proofs(app, Prover(services.settings, gate))
    signals.worker_process_init.connect(validation.begin, weak=False)
    signals.worker_process_shutdown.connect(validation.close, weak=False)

    def ready(**_signal: object) -> None:
        Bell(services.settings.data_dir / LAUNCHER).ring(b"worker")

    signals.worker_ready.connect(ready, weak=False)
    return app


def _install_proofs(app: Celery, proving: Prover) -> None:
    prover.install(app, proving)

    def begin(**_signal: object) -> None:
        proving.begin()

    def end(**_signal: object) -> None:
        proving.end()

    signals.worker_init.connect(begin, weak=False)
    signals.worker_shutdown.connect(end, weak=False)


def _queue(name: str) -> Queue:
    return Queue(name)  # type: ignore[no-untyped-call] # kombu has no types
