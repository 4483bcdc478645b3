"""Show one customer's view as a frontend gets it, and what a newcomer can try next."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from shlex import quote
from typing import Any

import httpx2
from rich.syntax import Syntax
from sqlalchemy import Row, text

from examples.demo.places import HOME
from examples.demo.steps import CONSOLE
from examples.demo.tryton.seed.story import CRM_NAME, PHONE, RIGHT_EMAIL
from examples.demo.tryton.server import TrytonServer
from hub.access.principal import Role
from hub.entrypoints.installation import Installation
from hub.entrypoints.trust import development_tokens
from hub.errors import NotFound, Rejected
from hub.records.identity import CustomerId

QUERY = """query CustomerView($phone: String!) {
  customer(by: {phone: $phone}) {
    id
    name
    customerNumber
    status
    valueClass
    identifiers { system externalId }
    contactMedia { id kind value source asOf }
    addresses { street postalCode locality source }
    relations { kind label other { name } }
    orders(first: 2) { edges { node { number state total currency orderedOn source } } }
    requests(first: 2) { edges { node { kind state subject source } } }
    leads(first: 2) { edges { node { name state amount source } } }
    campaignMemberships { campaign state source }
    provenance { field source rule }
    sources { system state asOf cadence stale }
  }
}"""
LIFETIME = timedelta(hours=12)


async def show_customer(hub: Installation) -> None:
    """Ask over HTTP, as a frontend would, and print query and answer."""
    token = development_tokens(hub.settings).issue(Role.FRONTEND, lifetime=LIFETIME)
    async with httpx2.AsyncClient(base_url=address(hub), timeout=30) as client:
        answer = await client.post(
            "/graphql",
            json={"query": QUERY, "variables": {"phone": PHONE}},
            headers={"authorization": f"Bearer {token}"},
        )
    body = answer.json()
    CONSOLE.print(f"\n[bold]{CRM_NAME} calls from {PHONE}; who is she?[/bold]\n", highlight=False)
    CONSOLE.print(Syntax(QUERY, "graphql", background_color="default"))
    CONSOLE.print(Syntax(json.dumps(body, indent=2, ensure_ascii=False), "json", background_color="default"))
    if "errors" in body or body["data"]["customer"] is None:
        raise Rejected("the customer of the story was not found; see the answer above")


def address(hub: Installation) -> str:
    """Where the hub listens."""
    return f"http://{hub.settings.host}:{hub.settings.port}"


async def show_what_to_try(hub: Installation, tryton: TrytonServer, environment: Path) -> None:
    """Tokens and three things to try; `environment` is the file to source in another terminal."""
    row = await _customer_of_the_story(hub)
    rename = ".venv/bin/python -m examples.demo.rename"
    if hub.settings.data_dir != HOME:
        rename += f" --data-dir {_shown(hub.settings.data_dir)}"
    tokens = development_tokens(hub.settings)
    customer = tokens.issue(Role.CUSTOMER, CustomerId(row.customer_id), LIFETIME)
    lines = (
        f"\n[bold]Explore the schema:[/bold] {address(hub)}/graphql",
        "\n[bold]Tokens[/bold] (development, good for 12 hours; send `Authorization: Bearer ...`)",
        f"frontend   {tokens.issue(Role.FRONTEND, lifetime=LIFETIME)}",
        f"architect  {tokens.issue(Role.ARCHITECT, lifetime=LIFETIME)}",
        f"customer   {customer}",
        "\n[bold]1. Change her name in Tryton and watch it arrive[/bold] (within five seconds; -N keeps it open)",
        f'FRONTEND=...; curl -N {address(hub)}/graphql -H "Authorization: Bearer $FRONTEND" '
        "-H 'Accept: text/event-stream' -H 'Content-Type: application/json' "
        f"-d '{_json(_SUBSCRIPTION % _global_id('Customer', row.customer_id))}'",
        f"Then, elsewhere: {rename} {row.external_id} 'Sanne de Vries-Bakker'",
        "\n[bold]2. Correct her e-mail address through the hub and see it in Tryton[/bold]",
        f"curl -s {address(hub)}/graphql -H \"Authorization: Bearer $FRONTEND\" -H 'Content-Type: application/json' "
        f"-d '{_json(_MUTATION % (_global_id('ContactMedium', row.medium), RIGHT_EMAIL))}'",
        f"Then: {rename} {row.external_id}   (prints what Tryton at {tryton.url} has)",
        "\n[bold]3. Move a flow to real time[/bold] (docs/migrate.md), with `hub` in another terminal:",
        f"source {_shown(environment)}; hub flows",
        "\nServing. Ctrl-C stops everything that was started here.",
    )
    for line in lines:
        CONSOLE.print(line, highlight=False)


async def _customer_of_the_story(hub: Installation) -> Row[Any]:
    """Her e-mail address in the CRM (`medium`), her id, and that in the CRM."""
    database = hub.open_database()
    try:
        async with database.reading() as connection:
            row = (
                await connection.execute(
                    text(
                        """SELECT m.id AS medium, m.customer_id, i.external_id FROM contact_medium m
                           JOIN contact_medium p ON p.customer_id = m.customer_id AND p.normalised = :phone
                           JOIN customer_identifier i ON i.customer_id = m.customer_id AND i.system = 'crm'
                           WHERE m.kind = 'EMAIL' AND m.system = 'crm' LIMIT 1"""
                    ),
                    {"phone": PHONE},
                )
            ).one_or_none()
    finally:
        await database.aclose()
    if row is None:
        raise NotFound("the customer of the story has no e-mail address in the CRM")
    return row


_SUBSCRIPTION = 'subscription { customerUpdates(id: "%s") { cursor event customer { name contactMedia { value } } } }'
_MUTATION = (
    'mutation { correctContactMedium(input: {contactMediumId: "%s", value: "%s"}) '
    "{ customer { contactMedia { value source } } problems { code message } } }"
)


def _shown(path: Path) -> str:
    """From the folder the demonstration was started in, if it is below that."""
    return quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _json(query: str) -> str:
    return json.dumps({"query": query})


def _global_id(kind: str, identity: object) -> str:
    return b64encode(f"{kind}:{identity}".encode()).decode()
