"""Command lines of the service's processes, and how settings reach them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from validator.cli.processes import Program, inherited_environment
from validator.pipeline.lanes import FAST_BACKEND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance
    from pydantic import BaseModel

    from validator.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
"""Where `api.py` and `worker.py` lie: the checkout, or site-packages."""

# -P: a stray file in the working directory must not shadow a module.
PYTHON = (sys.executable, "-P")


def environment(settings: Settings, broker_url: str | None = None) -> dict[str, str]:
    """Variables that give a child exactly these settings, whatever lies in its directory."""
    settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
    found = inherited_environment(drop=("TOSV_", "CELERY_"))
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        plain = isinstance(value, Path | str)
        found[f"TOSV_{name.upper()}"] = str(value) if plain else _json(value)
    if broker_url is not None:
        found["TOSV_BROKER__URL"] = broker_url
    # SIGTERM then means: finish for a moment, give the rest back. Celery's setting alone does not.
    found["REMAP_SIGTERM"] = "SIGQUIT"
    found["PYTHONUNBUFFERED"] = "1"
    return found


def _json(section: BaseModel | DataclassInstance) -> str:
    from pydantic import BaseModel, RootModel, SecretStr

    def plain(value: object) -> object:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        return [plain(v) for v in value] if isinstance(value, tuple | list) else value

    names = (
        list(type(section).model_fields)
        if isinstance(section, BaseModel)
        else [item.name for item in fields(section)]
    )
    values = {name: plain(getattr(section, name)) for name in names}
    return RootModel[dict[str, object]](values).model_dump_json()


def api(settings: Settings, env: Mapping[str, str]) -> Program:
    """The HTTP service: one process, one event loop."""
    server = settings.server
    argv = (
        *PYTHON, "-m", "uvicorn", "api:app", "--app-dir", str(ROOT),
        "--host", server.host, "--port", str(server.port),
        "--log-level", "warning", "--no-access-log", "--no-server-header", "--no-proxy-headers",
        "--timeout-graceful-shutdown", "3",
    )  # fmt: skip
    return Program("api", argv, env, cwd=settings.data_dir, grace_s=5)


def worker(settings: Settings, env: Mapping[str, str]) -> Program:
    """The Celery worker. Quiet: no gossip, no heartbeats, no events, no remote control."""
    argv = (
        *PYTHON, "-m", "celery", "--app", "worker", "--quiet", "worker",
        "--queues", ",".join(settings.worker.queues), "--loglevel", "warning",
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip
    grace = settings.worker.stop_grace_s + 5
    return Program("worker", argv, env, cwd=settings.data_dir, grace_s=grace)


def relay(settings: Settings, env: Mapping[str, str]) -> Program:
    """The relay."""
    argv = (*PYTHON, "-m", "validator.jobs")
    return Program("relay", argv, env, cwd=settings.data_dir, grace_s=5)


def sandboxd(settings: Settings, env: Mapping[str, str], socket: Path) -> Program:
    """The one process that holds the Docker engine."""
    sandbox = settings.sandbox
    argv = (
        *PYTHON, "-m", "sandboxes.sandboxd", "--socket", str(socket), "--images", sandbox.images,
        "--backend", "docker", *(("--backend", FAST_BACKEND) if sandbox.fast == "auto" else ()),
        *(("--engine", sandbox.engine) if sandbox.engine else ()),
        *_certificates(sandbox.engine_certificates),
    )  # fmt: skip
    return Program("sandboxd", argv, env, cwd=settings.data_dir, grace_s=5)


@dataclass(frozen=True, slots=True)
class DevnetOptions:
    """How the development chain is to run; a period of 0 ms means blocks on demand."""

    port: int
    period_ms: int
    in_memory: bool = False


def devnet(settings: Settings, env: Mapping[str, str], options: DevnetOptions) -> Program:
    """The development chain, kept in the data directory."""
    folder = str(settings.data_dir.absolute())
    argv = (
        *PYTHON, "-m", "devnet", "--port", str(options.port),
        "--period-ms", str(options.period_ms),
        *(() if options.in_memory else ("--data-dir", folder)),
    )  # fmt: skip
    return Program("devnet", argv, env, cwd=settings.data_dir, grace_s=5)


def signer(settings: Settings, env: Mapping[str, str]) -> Program:
    """The process that owns the chain key."""
    argv = (*PYTHON, "-m", "validator.signer")
    return Program("signer", argv, env, cwd=settings.data_dir, grace_s=5)


def watch(settings: Settings, env: Mapping[str, str]) -> Program:
    """The process that follows the chain."""
    argv = (*PYTHON, "-m", "validator.watch")
    return Program("watch", argv, env, cwd=settings.data_dir, grace_s=5)


def experts(settings: Settings, env: Mapping[str, str]) -> Program:
    """The process that has reviews judged; the only one that reads the keys of models."""
    argv = (*PYTHON, "-m", "validator.cli", "experts", "work")
    return Program("experts", argv, env, cwd=settings.data_dir, grace_s=5)


def _certificates(folder: Path | None) -> tuple[str, ...]:
    return () if folder is None else ("--engine-certificates", str(folder.absolute()))
