"""The same document by statements and by resolvers, over one database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.access.principal import Role, Scope
from hub.records.identity import CustomerId
from tests.schema.serving import Api, serving


@dataclass(frozen=True)
class Told:
    """An answer as a client sees it: parsed, with the order of its fields and of its errors by place."""

    data: str
    errors: list[str]


@dataclass(frozen=True)
class Both:
    """Two applications over one database: one compiles, the other only resolves."""

    compiling: Api
    resolving: Api

    async def ask(
        self,
        document: str,
        variables: Mapping[str, object] | None = None,
        *,
        role: Role | None = Role.AGENT,
        customer: CustomerId | None = None,
        scopes: Collection[Scope] = (),
    ) -> tuple[Told, Told, dict[str, str]]:
        """The answers of both, and which way each root field was answered where something was compiled."""
        token = None if role is None else self.compiling.tokens.issue(role, customer, scopes=scopes)
        compiled = await self._asked(self.compiling, document, variables, token)
        resolved = await self._asked(self.resolving, document, variables, token)
        return compiled[0], resolved[0], compiled[1]

    async def _asked(
        self, api: Api, document: str, variables: Mapping[str, object] | None, token: str | None
    ) -> tuple[Told, dict[str, str]]:
        response = await api.post(document, variables, token)
        body = response.json()
        plan = response.headers.get("x-hub-plan", "")
        ways = dict(way.split(": ", 1) for way in plan.split("; ") if way)
        return told(body), {key: way.removesuffix(", kept") for key, way in ways.items()}


def told(body: dict[str, Any]) -> Told:
    """The body of an answer as it is compared."""
    data, found = body.get("data"), body.get("errors", [])
    if data is None:
        # A root field that may not be null failed: what its siblings would have told is told or not (spec 6.4.4).
        found = [error for error in found if len(error.get("path") or ()) < 2]
    errors = [json.dumps(_without_number(error), sort_keys=True) for error in found]
    return Told(json.dumps(data), sorted(errors))


def _without_number(error: dict[str, Any]) -> dict[str, Any]:
    """The correlation id differs from request to request."""
    extensions = {name: value for name, value in error.get("extensions", {}).items() if name != "correlationId"}
    return error | {"extensions": extensions}


@asynccontextmanager
async def both_ways(database_url: str, folder: Path) -> AsyncIterator[Both]:
    """Both applications, as long as the block lasts; the one that compiles plans in another process, as `hub serve`."""
    async with (
        serving(database_url, folder, reads_apart=True) as compiling,
        serving(database_url, folder, compiled=False) as resolving,
    ):
        yield Both(compiling, resolving)
