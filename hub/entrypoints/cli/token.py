"""`hub token ROLE`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from hub.access.principal import Role
from hub.entrypoints.trust import development_tokens
from hub.records.identity import CustomerId
from hub.settings.environment import Settings

application = typer.Typer()


@application.command("token")
def token(
    role: Annotated[Role, typer.Argument(help="Whose token: what each may do stands in docs/security.md.")],
    customer: Annotated[UUID | None, typer.Option(help="The customer's id, for the role customer.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=720, help="How long it is good for.")] = 12,
) -> None:
    """Issue a development token, alone on the last line of the output. Exists only in the embedded mode.

    Example: TOKEN=$(hub token frontend | tail -n 1)
    """
    Console(stderr=True).print(f"A development token of this installation, role {role.value}, for {hours:g} hours:")
    customer_id = None if customer is None else CustomerId(customer)
    print(development_tokens(Settings()).issue(role, customer_id, timedelta(hours=hours)))
