"""One typed Settings object: defaults, `tos-validator.toml`, then `TOSV_` variables."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from sandboxes.docker.address import Address
from validator.domain.economics import EconomicsSettings
from validator.domain.reputation import ReputationSettings
from validator.errors import ConfigurationError, FieldError
from validator.settings.chain import ChainSettings, FetchSettings, PostSettings, SignerSettings
from validator.settings.experts import ExpertSettings, SeatSettings
from validator.settings.section import Section
from validator.settings.votes import VoteSettings
from validator.wire.plain import plain
from validator.wire.sentences import summary, translate

MIN_PASSWORD = 16  # of a role's account
DEFAULT_CONFIG_FILE = Path("tos-validator.toml")
ENV_PREFIX = "TOSV_"
CONFIG_VARIABLE = "TOSV_CONFIG"
"""Names the configuration file, for processes that are started without our command line."""

_NOT_SETTINGS = frozenset({CONFIG_VARIABLE, "TOSV_SOAK"})  # the second is the tests'
MIB = 1024 * 1024

__all__ = [
    "BrokerSettings",
    "ChainSettings",
    "DatabaseSettings",
    "ExpertSettings",
    "FetchSettings",
    "LimitSettings",
    "Loaded",
    "LogSettings",
    "PostSettings",
    "SandboxSettings",
    "SeatSettings",
    "Section",
    "ServerSettings",
    "Settings",
    "SignerSettings",
    "VoteSettings",
    "WorkerSettings",
    "load",
    "load_settings",
]


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
    # For `tos-validator database prepare` only: what the accounts of the roles shall have.
    front_password: SecretStr | None = None
    worker_password: SecretStr | None = None
    relay_password: SecretStr | None = None
    watch_password: SecretStr | None = None
    expert_password: SecretStr | None = None

    @field_validator(
        "front_password", "worker_password", "relay_password", "watch_password", "expert_password"
    )
    @classmethod
    def _long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < MIN_PASSWORD:
            raise ValueError(f"must have at least {MIN_PASSWORD} letters")
        return secret

    def passwords(self) -> dict[str, str]:
        """Return the roles' passwords that are set, by role."""
        found = {
            "front": self.front_password,
            "worker": self.worker_password,
            "relay": self.relay_password,
            "watch": self.watch_password,
            "expert": self.expert_password,
        }
        return {role: secret.get_secret_value() for role, secret in found.items() if secret}


class BrokerSettings(Section):
    """Embedded by default; otherwise any Redis URL. The broker is a doorbell, never the store."""

    url: SecretStr | None = None


class SandboxSettings(Section):
    """Which cage, fixed at start: losing it is an error, never a silent change to a weaker one."""

    backend: Literal["auto", "docker", "docker+runsc", "bubblewrap"] = "auto"
    daemon: Path | None = None  # socket of a sandboxd; None: the worker holds the cage itself
    # What the tags of the images begin with: `<images>-<group>:latest`.
    images: str = Field(
        default="tos-validator/sandbox",
        pattern=r"^([a-z0-9.-]+:[0-9]+/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$",
    )
    # Lighter cages inside one long-lived container, for what is worth no attack. In the smallest
    # unit: a task with a greater reward gets a container of its own, whatever else speaks for it.
    fast: Literal["auto", "off"] = "auto"
    fast_reward_max: int = Field(default=0, ge=0)
    # Where Docker is: unix://, ssh://, or tcp:// with the folder of the client's certificates.
    engine: str | None = Field(default=None, max_length=255)
    engine_certificates: Path | None = None
    jobs: int = Field(default=2, ge=1, le=64)  # programs at once in one worker process
    # A worker attacks its own cage before the first job, and so often afterwards.
    selftest_hours: float = Field(default=24, gt=0, le=168)

    @model_validator(mode="after")
    def _reachable(self) -> SandboxSettings:
        fault = self.address.fault()
        if fault is not None:
            raise ValueError(f"engine: {fault}")
        return self

    @property
    def address(self) -> Address:
        """Where the Docker engine listens."""
        return Address(self.engine, self.engine_certificates)


class LimitSettings(Section):
    """Ceilings of what a submission may hold and ask for. Never clamped silently."""

    submission_bytes: int = Field(default=4 * MIB, ge=1024)
    files: int = Field(default=256, ge=1, le=256)
    checks: int = Field(default=64, ge=1, le=64)
    cases: int = Field(default=1000, ge=1, le=1000)
    budget_s: float = Field(default=300, gt=0, lt=540)
    cpu_s: float = Field(default=60, gt=0)
    wall_s: float = Field(default=120, gt=0)
    memory_mb: int = Field(default=2048, ge=16)
    processes: int = Field(default=256, ge=1)
    output_kb: int = Field(default=16384, ge=1)
    disk_mb: int = Field(default=512, ge=1)
    file_count: int = Field(default=16384, ge=1)


class WorkerSettings(Section):
    """Leases, attempts and time limits: soft < hard < broker visibility."""

    concurrency: int = Field(default=2, ge=1, le=256)
    # So that one host may take what starts no program, and others what does.
    queues: tuple[Literal["fast", "sandbox"], ...] = Field(
        default=("fast", "sandbox"), min_length=1
    )
    # Families of checks whose libraries each child loads at its start, not with the first answer
    # that needs them. All four hold about 250 MB for each child.
    ready: frozenset[Literal["plain", "math", "tables", "media"]] = frozenset(
        {"plain", "math", "tables", "media"}
    )
    attempts: int = Field(default=3, ge=1, le=10)
    lease_s: float = Field(default=30, gt=0)  # renewed while the work goes on
    soft_limit_s: int = Field(default=540, ge=1)
    hard_limit_s: int = Field(default=600, ge=1)
    visibility_s: int = Field(default=900, ge=1)
    sweep_s: float = Field(default=5, gt=0)
    republish_s: float = Field(default=15, gt=0)
    stop_grace_s: int = Field(default=10, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> WorkerSettings:
        if not self.soft_limit_s < self.hard_limit_s < self.visibility_s:
            raise ValueError("soft_limit_s < hard_limit_s < visibility_s must hold")
        if len(set(self.queues)) < len(self.queues):
            raise ValueError("queues: one is named twice")
        return self


class LogSettings(Section):
    """How the service speaks to its operator."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path(".tos-validator")
    network: Literal["devnet", "testnet", "mainnet"] = "devnet"
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings()
    sandbox: SandboxSettings = SandboxSettings()
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()
    chain: ChainSettings = ChainSettings()
    fetch: FetchSettings = FetchSettings()
    post: PostSettings = PostSettings()
    signer: SignerSettings = SignerSettings()
    votes: VoteSettings = VoteSettings()
    experts: ExpertSettings = ExpertSettings()
    log: LogSettings = LogSettings()
    economics: EconomicsSettings = EconomicsSettings()
    reputation: ReputationSettings = ReputationSettings()

    @field_validator("fetch")
    @classmethod
    def _fits_the_network(cls, fetch: FetchSettings, info: ValidationInfo) -> FetchSettings:
        if info.data.get("network") != "devnet" and fetch.only_devnet:
            raise ValueError(f"{fetch.only_devnet[0]} is for the network devnet only")
        return fetch

    @field_validator("experts")
    @classmethod
    def _judged_by_models(cls, experts: ExpertSettings, info: ValidationInfo) -> ExpertSettings:
        if info.data.get("network") != "devnet" and experts.scripted:
            raise ValueError("seats: scripted is for the network devnet only")
        return experts


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and for each of them (`server.port`) where its value came from."""

    settings: Settings
    origins: Mapping[str, str]


def load_settings(
    config_file: Path | None = None,
    data_dir: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings in force. Raises ConfigurationError with the key to mend."""
    return load(config_file, data_dir, overrides).settings


def load(
    config_file: Path | None = None,
    data_dir: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Read defaults, the file, `TOSV_` variables and the command line, the last one winning.

    `overrides` is nested as the file is: `{"server": {"port": 0}}`. Without `config_file` the
    variable TOSV_CONFIG names the file, else `tos-validator.toml` is read where there is one.
    """
    environ = dict(os.environ)  # noqa: TID251 - this is the one place
    path = _config_path(config_file, environ)
    command_line = dict(overrides or {})
    if data_dir is not None:
        command_line["data_dir"] = data_dir
    layers = (
        (str(path), _read_file(path)),
        ("environment", _read_environment(environ)),
        ("command line", command_line),
    )
    merged: dict[str, Any] = {}
    origins = dict.fromkeys((".".join(keys) for keys in _keys(_defaults())), "default")
    for source, values in layers:
        _merge(merged, values)
        origins |= {".".join(keys): source for keys in _keys(values)}
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        faults = translate(error, merged)
        raise ConfigurationError(_with_hint(faults), faults) from None
    return Loaded(settings, origins)


def _config_path(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = environ.get(CONFIG_VARIABLE)
    path = given or (Path(named) if named else None)
    if path is None:
        return DEFAULT_CONFIG_FILE if DEFAULT_CONFIG_FILE.is_file() else None
    if not path.is_file():
        raise ConfigurationError(f"there is no configuration file {plain(str(path))}")
    return path


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{plain(str(path))} cannot be read: {error.strerror}") from None
    except ValueError as error:  # TOML syntax, or bytes that are not UTF-8
        raise ConfigurationError(f"{plain(str(path))} is not TOML: {plain(str(error))}") from None


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    for name in sorted(environ):
        if name.upper().startswith(ENV_PREFIX) and name not in _NOT_SETTINGS:
            _refuse_unknown(name)
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise ConfigurationError(f"a TOSV_ variable is not JSON: {plain(str(error))}") from None


def _refuse_unknown(name: str) -> None:
    """The library passes over variables it does not know, so a typing error would go unseen."""
    known = {
        ENV_PREFIX + "__".join(keys[:end]).upper()
        for keys in _keys(_defaults())
        for end in range(1, len(keys) + 1)
    }
    if name.upper() not in known:
        near = difflib.get_close_matches(name.upper(), known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigurationError(f"{plain(name, 64)} is not a setting{hint}")


def _defaults() -> dict[str, Any]:
    return Settings.model_construct().model_dump()  # reads no variable, unlike Settings()


def _with_hint(faults: tuple[FieldError, ...]) -> str:
    return f"setting {summary(faults)}"


def _keys(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from ((key, *rest) for rest in _keys(value))
        else:
            yield (key,)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = _copied(value)


def _copied(value: Any) -> Any:  # noqa: ANN401 - any value of a settings file
    return (
        {key: _copied(item) for key, item in value.items()} if isinstance(value, Mapping) else value
    )
