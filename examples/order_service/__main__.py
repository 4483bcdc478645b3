"""Run the back office: python -m examples.order_service orders.sqlite --hub http://127.0.0.1:8000/webhooks/backoffice

The secrets are in the environment, `whsec_...` both: ORDER_SERVICE_SECRET signs the hub's calls, HUB_WEBHOOK_SECRET its
own reports.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

import uvicorn

from examples.order_service.app import order_service
from examples.order_service.orders import Orders
from examples.order_service.report import report_for_ever


async def serve(options: argparse.Namespace) -> None:
    """Serve, and report beside it, until Ctrl-C."""
    orders = Orders(options.file)
    app = order_service(orders, os.environ["ORDER_SERVICE_SECRET"])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=options.port, log_level="warning"))
    reporting = asyncio.create_task(report_for_ever(orders, options.hub, os.environ["HUB_WEBHOOK_SECRET"]))
    try:
        await server.serve()
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m examples.order_service", description=__doc__)
    parser.add_argument("file", type=Path, help="the SQLite file; made if it is not there")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--hub", required=True, help="the hub's address for reports")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
