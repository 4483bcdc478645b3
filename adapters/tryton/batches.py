"""Commands in as few transactions as can be, without one bad command refusing the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from hub.errors import Conflict, Rejected, Transient, Unauthorised
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written

Transaction: TypeAlias = Callable[[Sequence[WriteCommand]], Awaitable[Sequence[WriteOutcome]]]
"""Carries out all commands in one transaction of Tryton.

Raises Rejected or Conflict when Tryton rolled all of it back, Transient or Unauthorised when it was never asked. An
answer that was lost is an outcome (Unanswered), not an error.
"""


async def in_transactions(commands: Sequence[WriteCommand], transaction: Transaction) -> Sequence[WriteOutcome]:
    """All in one transaction; if Tryton refuses that, each in one of its own."""
    if len(commands) > 1:
        try:
            return await transaction(commands)
        except (Conflict, Rejected):
            return await in_turn([[command] for command in commands], lambda one: _alone(one, transaction))
    return await _alone(commands, transaction)


async def in_turn(groups: Sequence[Sequence[WriteCommand]], carry_out: Transaction) -> list[WriteOutcome]:
    """Group after group. Once one command took effect a failure no longer says that nothing happened, so what
    follows is answered as unknown instead of raised.
    """
    outcomes: list[WriteOutcome] = []
    for group in groups:
        try:
            outcomes.extend(await carry_out(group))
        except (Transient, Unauthorised) as error:
            if not any(isinstance(outcome, (Written, Unanswered)) for outcome in outcomes):
                raise
            outcomes.extend(Unanswered(error.message) for _ in group)
    return outcomes


async def _alone(commands: Sequence[WriteCommand], transaction: Transaction) -> Sequence[WriteOutcome]:
    try:
        return await _first_or_again(commands, transaction)
    except (Conflict, Rejected) as error:
        return [Refused(error.code, error.message, conflict=isinstance(error, Conflict)) for _ in commands]


async def _first_or_again(commands: Sequence[WriteCommand], transaction: Transaction) -> Sequence[WriteOutcome]:
    try:
        return await transaction(commands)
    except Conflict:
        # Somebody wrote between our read and our write, perhaps another field: look once more, then decide.
        return await transaction(commands)
