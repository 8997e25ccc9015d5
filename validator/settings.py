"""One typed Settings object: defaults, `tos-validator.toml`, then `TOSV_` variables."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    SettingsConfigDict,
)

DEFAULT_CONFIG_FILE = Path("tos-validator.toml")
MIB = 1024 * 1024


class Section(BaseModel):
    """Base of every section: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Section):
    """Where the HTTP service listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    # In a container the process must listen on all interfaces while the published port stays on
    # the host's loopback; the operator says so on purpose.
    behind_loopback_publish: bool = False
    max_wait_s: float = Field(default=60, gt=0, le=60)


class DatabaseSettings(Section):
    """SQLite in the data directory by default; PostgreSQL by `postgresql+psycopg://`."""

    url: SecretStr | None = None
    pool_size: int = Field(default=8, ge=1, le=64)


class BrokerSettings(Section):
    """Embedded by default; otherwise any Redis URL. The broker is a doorbell, never the store."""

    url: SecretStr | None = None


class SandboxSettings(Section):
    """Which cage, fixed at start: losing it is an error, never a silent change to a weaker one."""

    backend: Literal["auto", "docker", "bubblewrap"] = "auto"
    daemon: Path | None = None  # socket of a sandboxd; None: the worker holds the cage itself
    image: str = "tos-validator/sandbox:latest"
    jobs: int = Field(default=2, ge=1, le=64)  # programs at once in one worker process


class LimitSettings(Section):
    """Ceilings of what a submission may hold and ask for. Never clamped silently."""

    submission_bytes: int = Field(default=4 * MIB, ge=1024)
    files: int = 256
    checks: int = 64
    cases: int = 1000
    budget_s: float = Field(default=300, gt=0, lt=540)
    cpu_s: float = 60
    wall_s: float = 120
    memory_mb: int = 2048
    processes: int = 256
    output_kb: int = 16384
    disk_mb: int = 512
    file_count: int = 16384


class WorkerSettings(Section):
    """Leases, attempts and time limits: soft < hard < broker visibility."""

    concurrency: int = Field(default=2, ge=1, le=256)
    attempts: int = Field(default=3, ge=1, le=10)
    lease_s: float = Field(default=30, gt=0)  # renewed while the work goes on
    soft_limit_s: int = 540
    hard_limit_s: int = 600
    visibility_s: int = 900
    sweep_s: float = Field(default=5, gt=0)
    republish_s: float = Field(default=15, gt=0)
    stop_grace_s: int = 10

    @model_validator(mode="after")
    def _ordered(self) -> WorkerSettings:
        if not self.soft_limit_s < self.hard_limit_s < self.visibility_s:
            raise ValueError("soft_limit_s < hard_limit_s < visibility_s must hold")
        return self


class LogSettings(Section):
    """How the service speaks to its operator."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="TOSV_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Path(".tos-validator")
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings()
    sandbox: SandboxSettings = SandboxSettings()
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()
    log: LogSettings = LogSettings()
