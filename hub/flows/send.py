"""Send one outbound command and decide what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.carry_out import carry_out, never_twice
from hub.flows.engine_room import EngineRoom
from hub.flows.hand_over import order_release
from hub.flows.taken import TakenCommand, take
from hub.ports.writing import Refused, Unanswered, Written
from hub.work.decisions import TRANSIENT_ATTEMPTS, Dead, Decision, Done, RetryAt, Unknown, backoff_s

LOOKS_MAX: Final = 6
"""Attempts at a CREATE, of which all but the first only look for it: about a minute until it waits for a person."""
BEHIND_S: Final = 5
"""Seconds until a command is tried again that may not overtake one of a batch."""


async def send_command(room: EngineRoom, command_id: UUID) -> Decision:
    """Send it and decide. Raises Transient or Unauthorised when nothing can have happened."""
    async with room.database.transaction() as connection:
        if await _waits_for_its_batch(connection, command_id, room.clock()):
            return Done()
        if await _is_behind_a_batch(connection, command_id):
            at = room.clock() + timedelta(seconds=BEHIND_S)
            return RetryAt(at, "a batch still carries an earlier command of the same object", "BEHIND")
        taken = await take(connection, [command_id], room.clock())
    if not taken:
        return Done()
    ((one, outcome),) = await carry_out(room, taken)
    match outcome:
        case Written():
            return Done()
        case Refused(code=code, message=message):
            return Dead(code, message)
        case Unanswered(message=message):
            return _unanswered(room, one, message)
        case _:
            assert_never(outcome)


def attempts_allowed(room: EngineRoom, one: TakenCommand) -> int:
    """How often a command without an answer is tried or looked for before it waits for a person.

    An update is repeated: three-way, so that the repeat reads back what the first attempt did. A CREATE is looked for
    where the target keeps its key, and where it does not there is nothing to try.
    """
    port = room.systems.port(one.target)
    if not never_twice(port, one):
        return TRANSIENT_ATTEMPTS
    return LOOKS_MAX if port.capabilities[one.command.entity].hub_key else 1


def _unanswered(room: EngineRoom, one: TakenCommand, message: str) -> Decision:
    if one.attempts >= attempts_allowed(room, one):
        return Unknown(message)
    now = room.clock()
    return RetryAt(now + timedelta(seconds=backoff_s(one.attempts, now)), message)


async def _waits_for_its_batch(connection: AsyncConnection, command_id: UUID, now: datetime) -> bool:
    """True, and the command is collected again, when an earlier one of its object is: a failed run has given it back.

    Whoever carries that one takes both, in their order.
    """
    flow = await connection.scalar(
        text(
            """UPDATE outbound_command c SET state = 'COLLECTED'
               WHERE c.id = :id AND c.state = 'PENDING' AND c.operation <> 'CREATE' AND EXISTS (
                 SELECT FROM outbound_command b WHERE b.flow = c.flow AND b.object_id = c.object_id
                   AND b.version < c.from_version AND b.state = 'COLLECTED')
               RETURNING c.flow"""
        ),
        {"id": command_id},
    )
    if flow is not None:
        await order_release(connection, flow, now)
    return flow is not None


async def _is_behind_a_batch(connection: AsyncConnection, command_id: UUID) -> bool:
    """Commands that go singly follow each other along their line; those of a batch do not stand in it."""
    return bool(
        await connection.scalar(
            text(
                """SELECT EXISTS (
                     SELECT FROM outbound_command c JOIN outbound_command b
                       ON b.target = c.target AND b.entity = c.entity AND b.external_id = c.external_id
                     WHERE c.id = :id AND c.operation <> 'CREATE' AND b.run_id IS NOT NULL
                       AND b.version < c.from_version AND b.state IN ('PENDING', 'SENT', 'UNKNOWN'))"""
            ),
            {"id": command_id},
        )
    )
