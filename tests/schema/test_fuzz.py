"""Hundreds of generated documents: none of them is a fault of the hub, and queries have one answer in both ways."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from graphql import ValueNode, parse_value, print_ast
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis_graphql.nodes import Int, String
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from hub.access.principal import Role
from hub.reads.belongings import ORDERS
from hub.store.engine import Database
from schema.schema import build_schema
from schema.sdl import export_sdl
from schema.types.error_code import ErrorCode
from tests.schema.both_ways import told
from tests.schema.company import gid, uid
from tests.schema.matrix import of_the_schema
from tests.schema.serving import listening_api

EXAMPLES_PER_OPERATION: Final = int(os.environ.get("HUB_TEST_FUZZ", "10"))
"""Set it to hundreds after a change of how documents are read."""

ROLES: Final = (Role.AGENT, Role.ARCHITECT, Role.STEWARD, Role.SUPERVISOR, Role.SYSTEM)
"""Who is asked for, the first that may."""

FEDERATION: Final = {"Query._entities", "Query._service"}
"""Left out by schemathesis; test_entities.py asks them."""

CODES: Final = {str(code.value) for code in ErrorCode} - {"INTERNAL"}

IDS = [gid("Customer", uid("Anna Bakker")), gid("ContactMedium", uid("Anna Bakker EMAIL")), gid("System", "crm")]
BY = ["email: {}", "phone: {}", "id: {}", 'externalId: {{system: "crm", externalId: {}}}']


def plausible_sdl() -> str:
    """The schema with scalars of our own where nearly every generated value would be refused at the door."""
    sdl = re.sub(r"(: \[?)ID\b", r"\1KnownId", export_sdl())
    sdl = re.sub(r"by: CustomerBy!", "by: Named!", sdl)
    sdl = re.sub(r"(first|last): Int = null", r"\1: PageSize", sdl)
    sdl = re.sub(r"(after|before): String = null", r"\1: Cursor", sdl)
    return sdl + "\n".join(f"\nscalar {name}" for name in ("KnownId", "Named", "PageSize", "Cursor"))


def teach_values() -> None:
    """Tell schemathesis what the scalars of `plausible_sdl` are made of: likely values, and anything at all."""
    anything = strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=20)
    ids = strategies.one_of(strategies.sampled_from(IDS), anything).map(String)
    named = strategies.tuples(strategies.sampled_from(BY), ids).map(_named)
    cursor = "WyJORVdFU1QiLCIyMDI2LTAzLTAyVDEyOjAwOjAwKzAwOjAwIiwiNGQ3NzY0ZTItNTQ1Ni00YTA4LTg3MDktZTBmZDNjNWY2ZWM0Il0"
    ORDERS.order.key_of(cursor, "after")
    schemathesis.graphql.scalar("KnownId", ids)
    schemathesis.graphql.scalar("Named", named)
    schemathesis.graphql.scalar("PageSize", strategies.integers(-1, 60).map(Int))
    schemathesis.graphql.scalar("Cursor", strategies.one_of(strategies.just(cursor), anything).map(String))


def _named(drawn: tuple[str, ValueNode]) -> ValueNode:
    form, value = drawn
    return parse_value("{" + form.format(print_ast(value)) + "}")


@contextmanager
def served_beside(database_url: str, data_dir: Path, **given: Any) -> Iterator[tuple[str, dict[Role, str]]]:
    """The application in a thread with a loop of its own: its URL, and a token per role."""
    ready, stop = threading.Event(), threading.Event()
    found: list[tuple[str, dict[Role, str]]] = []

    async def serve() -> None:
        async with listening_api(database_url, data_dir, **given) as (api, address):
            tokens = {role: api.token(role) for role in ROLES}
            found.append((f"http://{address}/graphql", tokens))
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield found[0]
    finally:
        stop.set()
        thread.join()


@settings(
    max_examples=EXAMPLES_PER_OPERATION,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=strategies.data())
def ask(
    operation: APIOperation[Any, Any, Any, Any],  # Any: schemathesis leaves its parameters open
    session: requests.Session,
    resolving: str,
    admitted: set[str],
    data: strategies.DataObject,
) -> None:
    """One generated document for the operation: answered, or refused with a word."""
    case = data.draw(operation.as_strategy())
    response = case.call(session=session)
    assert response.status_code < 500
    if operation.label.startswith("Query."):
        resolved = case.call(base_url=resolving, session=session)
        assert told(response.json()) == told(resolved.json()), case.body
    errors = response.json().get("errors", [])
    assert {error["extensions"]["code"] for error in errors} <= CODES, (case.body, errors)
    if not any(error["extensions"]["code"] == "FORBIDDEN" and len(error.get("path", [])) == 1 for error in errors):
        admitted.add(operation.label)


@pytest.mark.slow
def test_no_generated_document_is_a_fault_of_the_hub(company: Database, database_url: str, tmp_path: Path) -> None:
    teach_values()
    matrix = of_the_schema()
    admitted: set[str] = set()
    with (
        served_beside(database_url, tmp_path) as (url, tokens),
        served_beside(database_url, tmp_path, compiled=False) as (resolving, _),
        requests.Session() as session,
    ):
        described = schemathesis.graphql.from_file(plausible_sdl())
        described.config.update(base_url=url)
        for result in described.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            role = next(role for role in ROLES if role in matrix[operation.label])
            session.headers["authorization"] = f"Bearer {tokens[role]}"
            ask(operation, session, resolving, admitted)
    assert admitted == operations() - FEDERATION


def operations() -> set[str]:
    """Every query and mutation of the schema as `Type.field`."""
    schema = build_schema()._schema
    roots = [root for root in (schema.query_type, schema.mutation_type) if root is not None]
    return {f"{root.name}.{name}" for root in roots for name in root.fields}
