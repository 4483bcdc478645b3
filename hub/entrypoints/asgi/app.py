"""The Starlette application, put together explicitly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from hub.entrypoints.asgi.cors import Cors
from hub.entrypoints.asgi.graphql import GraphQLEndpoint
from hub.entrypoints.asgi.health import healthz, readyz
from hub.entrypoints.asgi.link_acts import LinkActs
from hub.entrypoints.asgi.links import LinkEndpoint
from hub.entrypoints.asgi.plain_queries import PlainQueries
from hub.entrypoints.asgi.plain_query import PATH
from hub.entrypoints.asgi.requests import REQUEST_ID, BodyLimit, RequestScope
from hub.entrypoints.asgi.running import running
from hub.entrypoints.asgi.scrape import metrics
from hub.entrypoints.asgi.services import Services
from hub.entrypoints.asgi.unsubscribe import UnsubscribeEndpoint
from hub.entrypoints.asgi.webhooks import WebhookEndpoint
from schema.compiled.answer import CompiledReads
from schema.schema import HubSchema, build_schema


def create_app(services: Services) -> Starlette:
    """One application per process and event loop; it opens its engine when it starts and closes it when it ends."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(services) as opened:
            app.state.running = opened
            yield

    schema = build_schema()
    compiled = CompiledReads(schema) if services.compiled else None
    endpoint = GraphQLEndpoint(
        schema,
        services.tokens,
        services.documents,
        services.cors_origins,
        development=services.development,
        compiled=compiled,
        events_comment_every_s=services.events_comment_every_s,
    )
    webhooks = WebhookEndpoint(services.webhooks, services.metrics, services.clock, services.webhook_bytes_max)
    route = Route(PATH, endpoint)
    answering = services.outbound, services.keys, services.clock, services.company
    links, unsubscribe = LinkEndpoint(LinkActs(*answering)), UnsubscribeEndpoint(LinkActs(*answering))
    return Starlette(
        routes=[
            route,
            WebSocketRoute(PATH, endpoint),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/r/{token}", links.answer, methods=["GET", "POST"]),
            Route("/u/{token}", unsubscribe.answer, methods=["GET", "POST"]),
            Route("/webhooks/{system}", webhooks.receive, methods=["POST"]),
        ],
        middleware=[*_around_every_request(services), *_straight_to_statements(services, route, schema, compiled)],
        lifespan=lifespan,
    )


def _around_every_request(services: Services) -> list[Middleware]:
    """The outermost first."""
    return [
        Middleware(RequestScope, services.metrics),
        Middleware(
            Cors,
            allow_origins=services.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", REQUEST_ID],
            expose_headers=[REQUEST_ID, "retry-after"],
            max_age=600,
        ),
    ]


def _straight_to_statements(
    services: Services, route: Route, schema: HubSchema, compiled: CompiledReads | None
) -> list[Middleware]:
    bound = Middleware(BodyLimit, services.body_bytes_max)
    if compiled is None:
        return [bound]
    plain = Middleware(
        PlainQueries,
        route,
        schema,
        compiled,
        services.tokens,
        services.documents,
        services.body_bytes_max,
        development=services.development,
    )
    return [plain, bound]
