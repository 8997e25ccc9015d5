"""Settings from a TOML file, checked on the way in."""
from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8080
    debug: bool = False


def load(path: Path) -> Settings:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(raw.keys() - known):
        raise ValueError(f"unknown settings: {', '.join(unknown)}")
    match raw.get("port", 8080):
        case int(port) if 0 < port < 65536:
            return Settings(**{**raw, "port": port})
        case other:
            raise ValueError(f"port: {other!r} is no port")
