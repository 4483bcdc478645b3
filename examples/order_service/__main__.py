"""Run the back office: python -m examples.order_service orders.sqlite --hub http://127.0.0.1:8000/webhooks/backoffice

The secrets are in the environment, `whsec_...` both: ORDER_SERVICE_SECRET signs the hub's calls, HUB_WEBHOOK_SECRET its
own reports. With --smtp it confirms orders by mail, and reports what bounces to the hub's API under HUB_TOKEN, a token
with the scope media:report.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path

import uvicorn

from examples.order_service.app import order_service
from examples.order_service.confirm import Post, confirm_for_ever
from examples.order_service.orders import Orders
from examples.order_service.report import report_for_ever


async def serve(options: argparse.Namespace) -> None:
    """Serve, and report and confirm beside it, until Ctrl-C."""
    orders = Orders(options.file)
    app = order_service(orders, os.environ["ORDER_SERVICE_SECRET"])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=options.port, log_level="warning"))
    beside: list[Coroutine[None, None, None]] = [report_for_ever(orders, options.hub, os.environ["HUB_WEBHOOK_SECRET"])]
    if options.smtp is not None:
        host, _, port = options.smtp.rpartition(":")
        beside.append(
            confirm_for_ever(orders, Post(host, int(port), options.sender, options.api, os.environ["HUB_TOKEN"]))
        )
    working = [asyncio.create_task(one) for one in beside]
    try:
        await server.serve()
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m examples.order_service", description=__doc__)
    parser.add_argument("file", type=Path, help="the SQLite file; made if it is not there")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--hub", required=True, help="the hub's address for reports")
    parser.add_argument("--smtp", help="HOST:PORT of the mail server; without it nothing is confirmed")
    parser.add_argument("--sender", default="orders@example.com", help="from whom confirmations come")
    parser.add_argument("--api", default="http://127.0.0.1:8000/graphql", help="the hub's GraphQL API")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
