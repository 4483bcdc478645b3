"""What docker-compose.yml starts, by hand: a migration, two web and two worker processes on PostgreSQL and RabbitMQ."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from hub.clock import utc_now
from hub.embedded.ready import free_port
from tests.access.issuing import AGENT, AUDIENCE, ISSUER, RSA, seconds, token
from tests.distributed.company import FIRST, SECOND, company, customers, workers
from tests.services import RABBITMQ, needs
from tests.waiting import until

pytestmark = pytest.mark.slow

FOLLOW = """
subscription { customerUpdates(id: "%s") { event customer { name } } }
"""
RUN = """
mutation { runFlow(input: {flow: "crm-customers"}) { run { state } problems { code } } }
"""
FIND = """
{ customers(first: 1, filter: {email: "customer7@example.com"}) { edges { node { id name } } } }
"""


def bearer(*roles: str) -> dict[str, str]:
    claims = {**AGENT, "aud": AUDIENCE, "exp": seconds(utc_now() + timedelta(hours=1)), "roles": list(roles)}
    return {"Authorization": f"Bearer {token(claims)}"}


@contextmanager
def web(environment: dict[str, str]) -> Iterator[str]:
    """One `hub serve`; gives its URL."""
    port = free_port(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.entrypoints.cli", "serve", "--port", str(port)], env=environment
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def events(response: httpx2.Response) -> AsyncGenerator[dict[str, object], None]:
    async for line in response.aiter_lines():
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))["data"]["customerUpdates"]


async def ask(client: httpx2.AsyncClient, url: str, query: str, *roles: str) -> dict[str, object]:
    answer = await client.post(f"{url}/graphql", json={"query": query}, headers=bearer(*roles))
    told: dict[str, dict[str, object]] = answer.json()
    assert "errors" not in told, told
    return told["data"]


async def test_a_run_ordered_at_one_web_process_is_heard_at_the_other(tmp_path: Path, database_url: str) -> None:
    needs("rabbitmq", RABBITMQ)
    installed = company(tmp_path, database_url, RABBITMQ)
    installed.deliver(customers(20), FIRST)
    (tmp_path / "keys.pem").write_bytes(RSA.as_pem(private=False))
    environment = {
        **installed.environment,
        "HUB_OIDC_ISSUER": ISSUER,
        "HUB_OIDC_AUDIENCE": AUDIENCE,
        "HUB_JWT_PUBLIC_KEY_FILE": str(tmp_path / "keys.pem"),
    }
    migration = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.entrypoints.cli", "migrate-db", env=environment
    )
    assert await migration.wait() == 0
    with web(environment) as first, web(environment) as second, workers(environment, 2):
        async with httpx2.AsyncClient(timeout=60) as client:
            for url in (first, second):
                await until(lambda url=url: ready(client, url), what=f"{url} is ready")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            await ask(client, first, RUN, "architect")

            async def arrived() -> object:
                people = (await ask(client, second, FIND, "agent"))["customers"]
                assert isinstance(people, dict)
                return next((edge["node"] for edge in people["edges"]), None)

            found = await until(arrived, what="the customers are in")
            assert isinstance(found, dict)
            follow = {"query": FOLLOW % found["id"]}
            headers = {**bearer("agent"), "Accept": "text/event-stream"}
            async with (
                client.stream("POST", f"{second}/graphql", json=follow, headers=headers) as response,
                aclosing(events(response)) as heard,
            ):
                assert await anext(heard) == {"event": "CURRENT", "customer": {"name": "Customer 7"}}
                installed.deliver(customers(20, " renamed"), SECOND)
                await ask(client, first, RUN, "architect")
                changed = await anext(heard)
                assert changed["customer"] == {"name": "Customer 7 renamed"}
