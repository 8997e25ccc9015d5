"""What a test needs from the machine. Missing: skip with the reason; in CI: fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SHARED_VECTORS = SHARED_DATA.parent / "protocol" / "vectors"
IN_CI = os.environ.get("CI") == "true"
SOAK = os.environ.get("TOSV_SOAK") == "1"


def missing(reason: str) -> None:
    """Skip, or fail where every component is installed on purpose."""
    if IN_CI:
        pytest.fail(f"CI must have it: {reason}", pytrace=False)
    pytest.skip(reason)


@cache
def _docker_fault() -> str | None:
    if shutil.which("docker") is None:
        return "no docker client"
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    return None if done.returncode == 0 else "no Docker engine answers"


@cache
def _bubblewrap_fault() -> str | None:
    from sandboxes.factory import open_sandbox
    from sandboxes.protocol import SandboxError

    try:
        open_sandbox("bubblewrap").close()
    except SandboxError as error:
        return str(error)
    return None


def require_docker() -> None:
    """A Docker engine that answers."""
    fault = _docker_fault()
    if fault:
        missing(fault)


def require_bubblewrap() -> None:
    """User namespaces and a bwrap binary, so that the embedded cage works."""
    fault = _bubblewrap_fault()
    if fault:
        missing(fault)


def require_redis() -> str:
    """Path of a `redis-server`."""
    found = shutil.which("redis-server")
    if found is None:
        missing("no redis-server on PATH (apt-get install redis-server)")
    return str(found)


def require_postgres() -> Path:
    """Folder of PostgreSQL's server programs (initdb, postgres)."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not folders:
        missing("no PostgreSQL server programs (apt-get install postgresql)")
    return folders[0]


def require_chromium() -> str:
    """Path of a Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("no chromium on PATH (apt-get install chromium)")
    return str(found)


def require_program(name: str) -> str:
    """Path of a program such as `wrk`."""
    found = shutil.which(name)
    if found is None:
        missing(f"no {name} on PATH")
    return str(found)


def require_vectors(name: str) -> dict[str, Any]:
    """One file of the chain's published test vectors, which stay outside the project."""
    found = SHARED_VECTORS / name
    if not found.exists():
        missing(f"no {name} in ../shared/protocol/vectors")
    document: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return document


def vector_rows(name: str, part: str) -> list[dict[str, Any]]:
    """Rows to parametrize with, none where the file is missing: `require_vectors` says so."""
    return require_vectors(name)[part] if (SHARED_VECTORS / name).exists() else []


def require_shared_data(part: str) -> Path:
    """A folder or file of the labelled data, which stays outside the project."""
    found = SHARED_DATA / part
    if not found.exists():
        missing(f"no {part} in ../shared/data")
    return found
