"""`hub token ROLE` and `hub token revoke`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from hub.access.principal import Role
from hub.access.revoked import Revocation
from hub.clock import utc_now
from hub.entrypoints.cli.desk import person, time_of
from hub.entrypoints.installation import database_url, migrate
from hub.entrypoints.trust import development_tokens
from hub.errors import Invalid
from hub.records.identity import CustomerId
from hub.settings.environment import Settings
from hub.store.audit import Deed, record_deed
from hub.store.engine import Database, open_engine
from hub.store.revocations import revoke

application = typer.Typer(
    name="token", help="Issue a development token of a role; revoke tokens.", no_args_is_help=True
)

Hours = Annotated[float, typer.Option(min=0.1, max=720, help="How long it is good for.")]


def _issue(role: Role, customer: UUID | None, hours: float) -> None:
    Console(stderr=True).print(f"A development token of this installation, role {role.value}, for {hours:g} hours:")
    customer_id = None if customer is None else CustomerId(customer)
    print(development_tokens(Settings()).issue(role, customer_id, timedelta(hours=hours)))


def _command(role: Role) -> Callable[[float], None]:
    def issue(hours: Hours = 12) -> None:
        _issue(role, None, hours)

    issue.__doc__ = (
        f"Issue a development token of the role {role.value}, alone on the last line of the output; embedded mode only."
        f"\n\nExample: TOKEN=$(hub token {role.value} | tail -n 1)"
    )
    return issue


for each in Role:
    if each is not Role.CUSTOMER:
        application.command(each.value)(_command(each))


@application.command("customer")
def customer(
    customer: Annotated[UUID, typer.Option(help="The customer's id.")],
    hours: Hours = 12,
) -> None:
    """Issue a development token of one customer, alone on the last line of the output; embedded mode only.

    Example: hub token customer --customer 4870283f-84b7-53d3-9ece-e640ae3c2a7b
    """
    _issue(Role.CUSTOMER, customer, hours)


@application.command("revoke")
def revoke_tokens(
    subject: Annotated[str | None, typer.Option(help="All tokens of this `sub`.")] = None,
    token_id: Annotated[str | None, typer.Option("--id", help="The one token with this `jti`.")] = None,
    before: Annotated[
        str | None, typer.Option(help="Only tokens issued before this ISO 8601 time, for a subject; now if left out.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, without personal data.")] = None,
) -> None:
    """End tokens before their time: every web process refuses them within seconds and ends their subscriptions.

    Example: hub token revoke --subject agent-7 --reason "left the company"
    """
    if (subject is None) == (token_id is None):
        raise Invalid("name either --subject or --id")
    if before is not None and subject is None:
        raise Invalid("--before goes with --subject")
    since = None if subject is None else time_of(before) or utc_now()
    with database_url(Settings()) as url:
        asyncio.run(_revoke(url, Revocation(token_id, subject, since), reason))
    print("revoked")


async def _revoke(url: str, revocation: Revocation, reason: str | None) -> None:
    await migrate(url)
    database = Database(open_engine(url))
    kind = "Subject" if revocation.token_id is None else "Token"
    deed = Deed(person(), "revokeTokens", kind, revocation.token_id or str(revocation.subject))
    now = utc_now()
    try:
        async with database.transaction() as connection:
            await revoke(connection, revocation, person(), reason, now)
            await record_deed(connection, deed, now)
    finally:
        await database.aclose()
