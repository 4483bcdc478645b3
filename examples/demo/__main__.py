"""`make demo`: a real Tryton in three roles behind the hub, on an embedded PostgreSQL, in one process."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from rich.console import Console

from examples.demo.places import HOME
from examples.demo.run import run_demo
from hub.embedded.ready import free_port
from hub.errors import Conflict, HubError
from hub.observe.logging import configure_logging


def main() -> int:
    """Set everything up, show one customer's view, then serve until Ctrl-C; 0 when all went well."""
    parser = argparse.ArgumentParser(
        prog="make demo ARGS=...",
        description="Start Contacthub with a real Tryton as CRM, LMS and CM, and show one customer's view.",
        epilog='Example: make demo ARGS="--once --port 9000"',
    )
    parser.add_argument("--once", action="store_true", help="print the view, stop everything and end")
    parser.add_argument("--port", type=int, default=8080, help="TCP port of the hub; 0 takes any (default 8080)")
    parser.add_argument("--data-dir", type=Path, default=HOME, help="where databases, keys and logs are kept")
    options = parser.parse_args()
    configure_logging(as_json=False, level="WARNING")
    try:
        port = free_port(options.port)
        if port is None:
            raise Conflict(
                f"port {options.port} is taken by another program; choose another: "
                'make demo ARGS="--port 8081" (0 takes any)'
            )
        asyncio.run(run_demo(options.data_dir.absolute(), port, once=options.once))
    except HubError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]{error.code}[/red] {error.message}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
