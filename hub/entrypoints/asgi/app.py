"""The Starlette application, put together explicitly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from hub.entrypoints.asgi.cors import Cors
from hub.entrypoints.asgi.graphql import GraphQLEndpoint
from hub.entrypoints.asgi.health import healthz, readyz
from hub.entrypoints.asgi.link_acts import LinkActs
from hub.entrypoints.asgi.links import LinkEndpoint
from hub.entrypoints.asgi.plain_queries import PlainQueries
from hub.entrypoints.asgi.plain_query import PATH
from hub.entrypoints.asgi.requests import BodyLimit, RequestScope
from hub.entrypoints.asgi.running import running
from hub.entrypoints.asgi.scrape import metrics
from hub.entrypoints.asgi.services import Services
from hub.entrypoints.asgi.unsubscribe import UnsubscribeEndpoint
from hub.entrypoints.asgi.webhooks import WebhookEndpoint
from schema.change import Changes
from schema.compiled.answer import CompiledReads
from schema.schema import HubSchema, build_schema


class HubApplication(Starlette):
    """`plain` is asked before any layer; what it leaves goes through all of them."""

    plain: PlainQueries | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, socket or lifespan."""
        if self.plain is not None and scope["type"] == "http":
            left = await self.plain.left(self.state.running.hub, scope, receive, send)
            if left is None:
                return
            receive = left
        await super().__call__(scope, receive, send)


def create_app(services: Services) -> Starlette:
    """One application per process and event loop; it opens its engine when it starts and closes it when it ends."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(services) as opened:
            app.state.running = opened
            yield

    schema = build_schema()
    compiled = CompiledReads(schema) if services.compiled else None
    endpoint = _endpoint(services, schema, compiled)
    app = HubApplication(
        routes=_routes(services, endpoint),
        middleware=[
            Middleware(RequestScope, services.metrics),
            Middleware(Cors, services.cors_origins),
            Middleware(BodyLimit, services.body_bytes_max),
        ],
        lifespan=lifespan,
    )
    if compiled is not None:
        app.plain = PlainQueries(
            Changes(schema),
            compiled,
            services.tokens,
            services.documents,
            Cors(app, services.cors_origins),
            services.metrics,
            services.body_bytes_max,
            services.development,
        )
    return app


def _endpoint(services: Services, schema: HubSchema, compiled: CompiledReads | None) -> GraphQLEndpoint:
    return GraphQLEndpoint(
        schema,
        services.tokens,
        services.documents,
        services.cors_origins,
        development=services.development,
        compiled=compiled,
        events_comment_every_s=services.events_comment_every_s,
    )


def _routes(services: Services, endpoint: GraphQLEndpoint) -> list[BaseRoute]:
    webhooks = WebhookEndpoint(services.webhooks, services.metrics, services.clock, services.webhook_bytes_max)
    answering = services.outbound, services.keys, services.clock, services.company
    links, unsubscribe = LinkEndpoint(LinkActs(*answering)), UnsubscribeEndpoint(LinkActs(*answering))
    return [
        Route(PATH, endpoint),
        WebSocketRoute(PATH, endpoint),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/r/{token}", links.answer, methods=["GET", "POST"]),
        Route("/u/{token}", unsubscribe.answer, methods=["GET", "POST"]),
        Route("/webhooks/{system}", webhooks.receive, methods=["POST"]),
    ]
