"""PUT /requests/{reference} (signed, once per idempotency key), GET /orders, POST /orders/{reference}/status."""

from __future__ import annotations

from typing import Final

import orjson
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.order_service.orders import STATUSES, Orders

BODY_MAX: Final = 65_536


def order_service(orders: Orders, secret: str) -> Starlette:
    """The service over its orders; `secret` (`whsec_...`) is the one under which the hub signs."""
    signatures = Webhook(secret)

    async def take(request: Request) -> Response:
        body = await request.body()
        if len(body) > BODY_MAX:
            return JSONResponse({"error": "an order has at most 64 kB"}, 413)
        try:
            signatures.verify(body, dict(request.headers))
        except WebhookVerificationError:
            return JSONResponse({"error": "the signature does not fit"}, 401)
        told = orjson.loads(body)
        key = request.headers.get("idempotency-key")
        if key is None or not isinstance(told, dict):
            return JSONResponse({"error": "an order has an Idempotency-Key and is an object"}, 400)
        new = await run_in_threadpool(orders.take, key, request.path_params["reference"], told)
        return JSONResponse({"taken": new}, 202)

    async def move(request: Request) -> Response:
        status = orjson.loads(await request.body()).get("status")
        if status not in STATUSES:
            return JSONResponse({"error": f"a status is one of {', '.join(STATUSES)}"}, 400)
        found = await run_in_threadpool(orders.move, request.path_params["reference"], status)
        return JSONResponse({"status": status}, 200 if found else 404)

    async def listed(_: Request) -> Response:
        return JSONResponse(list(await run_in_threadpool(orders.all)))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "well"})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/orders", listed),
            Route("/orders/{reference}/status", move, methods=["POST"]),
            Route("/requests/{reference}", take, methods=["PUT"]),
        ]
    )
