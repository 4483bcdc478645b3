"""Customers who were made at a system after something was wanted there that names them by the hub's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ports.writing import FieldChange, WriteCommand

_KEY: Final = ("customer_key",)
_MADE: Final = text(
    "SELECT key, external_id FROM outbound_command WHERE key = ANY(:keys) AND operation = 'CREATE' AND state = 'DONE'"
)


async def by_their_ids(connection: AsyncConnection, commands: Sequence[WriteCommand]) -> list[WriteCommand]:
    """The commands in their order, with `customer` in the place of `customer_key` where he has an id by now.

    A package that keeps no key of the hub's could not find him by it.
    """
    keys = [str(change.new) for command in commands for change in command.changes if change.path == _KEY]
    if not keys:
        return list(commands)
    made = {row.key: row.external_id for row in await connection.execute(_MADE, {"keys": keys})}
    return [
        replace(command, changes=tuple(_named(change, made) for change in command.changes)) if made else command
        for command in commands
    ]


def _named(change: FieldChange, made: Mapping[str, str]) -> FieldChange:
    if change.path != _KEY or str(change.new) not in made:
        return change
    return FieldChange(("customer",), None, made[str(change.new)])
