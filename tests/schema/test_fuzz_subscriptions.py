"""Generated subscriptions: each tells something, is refused with a word, or waits; none is a fault of the hub."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import hypothesis_graphql
import pytest
from graphql import GraphQLSchema, build_schema, parse, print_ast
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis_graphql.nodes import Int, String

from hub.access.principal import Role
from hub.store.engine import Database
from schema.sdl import export_sdl
from tests.schema.company import gid, uid
from tests.schema.following import Socket, acknowledged
from tests.schema.matrix import of_the_schema
from tests.schema.serving import listening_api
from tests.schema.test_fuzz import CODES, EXAMPLES_PER_OPERATION, ROLES, plausible_sdl

WITHIN_S: Final = 0.4
"""Whoever goes on from a cursor is told nothing until something changes; so long he is listened to."""

ANSWERED_WITHIN_S: Final = 20.0
"""Anybody else is told something at once, be it a refusal."""

NAMED: Final = [
    *(gid("Customer", uid(name)) for name in ("Anna Bakker", "nobody")),
    gid("CustomerSession", uid("Anna Bakker session")),
    gid("BusinessRequest", uid("Anna Bakker request 1")),
    gid("SalesLead", uid("Anna Bakker lead 1")),
    gid("Commitment", uid("Anna Bakker commitment")),
]


def subscriptions(field: str, count: int) -> list[str]:
    """Documents made up for one subscription, the same at every run; some ask for several at once, which is refused."""
    anything = strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=20)
    known = {
        "KnownId": strategies.one_of(strategies.sampled_from(NAMED), anything).map(String),
        "PageSize": strategies.integers(-1, 60).map(Int),
        "Cursor": strategies.one_of(strategies.just("0"), anything).map(String),
        "DateTime": strategies.just(String("2026-03-01T12:00:00Z")),
    }
    made = hypothesis_graphql.queries(_followed(), fields=[field], custom_scalars=known)
    found: list[str] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made)
    def collect(document: Any) -> None:  # Any: as hypothesis_graphql has it
        found.append("subscription " + print_ast(parse(document)).removeprefix("query "))

    collect()
    return found


def _followed() -> GraphQLSchema:
    """What is followed, as if it were what is read: only queries can be made up."""
    sdl = plausible_sdl().replace("type Query ", "type Unread ").replace("type Subscription ", "type Query ")
    return build_schema(sdl.replace("subscription: Subscription", "").replace("query: Unread", "query: Query"))


async def _first(socket: Socket, name: str, document: str) -> dict[str, Any] | None:
    """What comes first of the subscription; None where nothing does, as is right behind a cursor only."""
    waits = "after:" in document
    await socket.subscribe(document, {}, name)
    try:
        async with asyncio.timeout(WITHIN_S if waits else ANSWERED_WITHIN_S):
            while (heard := await socket.hear()).get("id") != name:
                pass  # the end of an earlier one
    except TimeoutError:
        assert waits, document
        heard = None
    await socket.say(id=name, type="complete")
    return heard


def _errors(heard: dict[str, Any]) -> list[dict[str, Any]]:
    payload = heard.get("payload")
    return payload if isinstance(payload, list) else [] if payload is None else payload.get("errors") or []


@pytest.mark.slow
async def test_no_generated_subscription_is_a_fault_of_the_hub(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    kind = build_schema(export_sdl()).subscription_type
    assert kind is not None
    matrix, told = of_the_schema(), set()
    async with listening_api(database_url, tmp_path) as (api, address):
        for field in kind.fields:
            role = next(role for role in ROLES if role in matrix[f"Subscription.{field}"])
            async with acknowledged(address, api.token(role)) as socket:
                for number, document in enumerate(subscriptions(field, EXAMPLES_PER_OPERATION)):
                    heard = await _first(socket, f"{field} {number}", document)
                    if heard is None:
                        continue
                    assert {error["extensions"]["code"] for error in _errors(heard)} <= CODES, (document, heard)
                    if heard["type"] == "next":
                        told.add(field)
            answer = await api.ask("{ viewer { subject } }", role=Role.AGENT)
            assert answer.data["viewer"]["subject"] == "development:agent"
    assert told >= {"customerUpdates", "leadUpdates", "requestUpdates"}
