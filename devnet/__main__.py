"""`python -m devnet`: the process behind `tos-validator devnet`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sqlite3
import sys
import time
from pathlib import Path

from devnet.errors import DevnetError
from devnet.node import DEFAULT_SEED, Node
from devnet.production import Production
from devnet.server import HOST, Host
from devnet.store import MemoryStore, SqliteStore, Store
from devnet.trouble import Trouble
from validator.wire.tos import Network

MAX_PORT = 65_535
FILE = "devnet.sqlite3"


def main(argv: list[str] | None = None) -> int:
    """Run a node until it is told to stop; return the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_run(options))
    except DevnetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except sqlite3.Error as error:
        sys.stderr.write(f"data-dir: the chain cannot be written ({error})\n")
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    store: Store = MemoryStore()
    if options.data_dir is not None:
        store = SqliteStore(options.data_dir / FILE, options.seed)
    node = Node(
        options.seed, Network(options.network), store, Trouble(time.monotonic), _milliseconds
    )
    production = Production(node, options.period_ms or None)
    host = Host(node, production, options.port, with_control=not options.no_control)

    def ready(port: int) -> None:
        sys.stdout.write(
            f"devnet is ready at http://{HOST}:{port}/json_rpc"
            f" (genesis {node.chain.genesis.hex()}, topoheight {node.chain.topoheight})\n"
        )
        sys.stdout.flush()

    try:
        await host.run(ready)
    finally:
        node.close()


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("devnet", description="A development chain on 127.0.0.1.")
    parser.add_argument("--port", type=_port, default=8080, help="0: any free one")
    parser.add_argument(
        "--period-ms", type=int, default=3000, help="between blocks; 0: on demand only"
    )
    parser.add_argument("--data-dir", type=Path, help="keep the chain there; default: in memory")
    parser.add_argument("--seed", default=DEFAULT_SEED, help="decides the genesis hash")
    parser.add_argument("--network", choices=[one.value for one in Network], default="devnet")
    parser.add_argument("--no-control", action="store_true", help="no /devnet/ surface")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be 0 to {MAX_PORT}")
    return port


if __name__ == "__main__":
    sys.exit(main())
