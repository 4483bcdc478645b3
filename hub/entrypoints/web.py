"""The web process of an installation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from hub.access.admission import Allowance
from hub.access.principal import Role
from hub.access.shared_usage import SharedUsage
from hub.clock import utc_now
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.documents import Documents, read_manifest
from hub.entrypoints.asgi.server import listening
from hub.entrypoints.asgi.services import Services
from hub.entrypoints.installation import Installation
from hub.entrypoints.migrating import unconnected_desk
from hub.entrypoints.trust import token_verifier
from hub.entrypoints.usage_in_redis import usage_in_redis
from hub.entrypoints.wiring import decision_engine, metered_systems, open_webhooks, recognition_rules
from hub.errors import Invalid
from hub.observe.metrics import Metrics
from hub.offers.catalogue import compile_catalogue
from hub.offers.offering import Offering
from hub.settings.callers import CallerLimits, Callers
from hub.settings.environment import Settings


@asynccontextmanager
async def serving(hub: Installation) -> AsyncIterator[int]:
    """Serve for as long as the block lasts; gives the port. Conflict when it is taken."""
    settings = hub.settings
    proxies = settings.trusted_proxies
    async with listening(create_app(_services(hub)), settings.host, settings.port, trusted_proxies=proxies) as port:
        yield port


def _services(hub: Installation) -> Services:
    settings = hub.settings
    return Services(
        open_database=lambda: hub.open_database(settings.statement_timeout_ms),
        feed_dsn=hub.database_url,
        rules=recognition_rules(hub.configuration),
        desk=unconnected_desk(hub.configuration, hub.adapters),
        tokens=token_verifier(settings),
        metrics=Metrics(),
        clock=utc_now,
        keys=hub.keys(),
        page_size_max=settings.page_size_max,
        prepared_connections=settings.database_pool_size,
        compiled=settings.compiled_reads,
        kept_answers_bytes=settings.kept_answers_mb * 1_000_000,
        documents=_documents(settings),
        cors_origins=settings.cors_origins,
        development=settings.embedded,
        webhooks=open_webhooks(hub.configuration, hub.adapters),
        webhook_bytes_max=settings.webhook_bytes_max,
        mappings=hub.configuration.mappings,
        contact=hub.configuration.contact,
        privacy=hub.configuration.privacy,
        offering=Offering(compile_catalogue(hub.configuration.offers), hub.configuration.leads),
        topics=hub.configuration.topics,
        steering=hub.configuration.steering,
        processes=hub.configuration.processes,
        outbound=hub.configuration.outbound,
        company=hub.configuration.company,
        open_decision_engine=decision_engine(settings),
        tells_cost=settings.embedded,
        query_within_s=settings.query_timeout_ms / 1_000,
        allowances=allowances(hub.configuration.callers, development=settings.embedded),
        open_usage=_usage(settings),
        reads_apart=True,
        open_systems=lambda database: metered_systems(hub.configuration, hub.adapters, database, utc_now),
    )


def allowances(callers: Callers, *, development: bool) -> dict[Role, Allowance]:
    """By role; a hub for development tells everyone about its schema, whatever is written."""
    written = {role: _allowance(callers.of(role.value)) for role in Role}
    if not development:
        return written
    return {role: replace(allowance, introspects=True) for role, allowance in written.items()}


def _allowance(limits: CallerLimits) -> Allowance:
    """Of a role's limits with nothing left out."""
    written = limits.model_dump()
    return Allowance(
        per_second=written["requests_per_second"],
        burst=written["burst"],
        at_once=written["at_once"],
        subscriptions=written["subscriptions"],
        cost=written["cost"],
        introspects=written["introspection"],
    )


def _usage(settings: Settings) -> Callable[[], SharedUsage] | None:
    if settings.usage_url is None:
        return None
    return partial(usage_in_redis, settings.usage_url.get_secret_value(), settings.broker_prefix)


def _documents(settings: Settings) -> Documents:
    if settings.trusted_documents is not None:
        return Documents(read_manifest(settings.trusted_documents), trusted_only=settings.trusted_documents_only)
    if settings.trusted_documents_only:
        raise Invalid("HUB_TRUSTED_DOCUMENTS_ONLY needs a manifest: name it with HUB_TRUSTED_DOCUMENTS")
    return Documents({}, trusted_only=False)
