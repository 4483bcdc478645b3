"""The customer API on a free port, on the suite's event loop."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from examples.customer_api.app import customer_api
from hub.entrypoints.asgi.server import listening

TOKEN = "only-for-tests"


def served(file: Path, port: int = 0) -> AbstractAsyncContextManager[int]:
    """Serves inside the block; gives the port."""
    return listening(customer_api(file, TOKEN), "127.0.0.1", port)
