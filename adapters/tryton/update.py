"""Corrections of customers: compared with what stands, locked by Tryton's timestamps, read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from adapters.tryton.clock import SourceClock
from adapters.tryton.connection import AnswerLost
from adapters.tryton.edits import CURRENT_FIELDS, PARTY, Contested, Edit, Gone, Plan, Unwritable, edit_of, flat_pairs
from adapters.tryton.reading import known_ids, read_by_id
from adapters.tryton.session import Session
from adapters.tryton.wire import row_id
from hub.errors import Conflict, Invalid, Rejected, Transient
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject


class Updater:
    """One transaction for any number of parties. Each is written through the party, also where only a child changes:
    so the children of many parties take one call, and Tryton shows the hub's user on the party.
    """

    def __init__(self, session: Session, clock: SourceClock) -> None:
        self._session = session
        self._clock = clock

    async def transaction(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """See `batches.Transaction`; a command that Tryton's values contradict is refused without being sent."""
        ids = [_target(command) for command in commands]
        found = await self._session.search(PARTY, [("id", "in", known_ids(ids))], CURRENT_FIELDS)
        parties = {str(row_id(row)): row for row in found}
        plans = [edit_of(command, parties.get(external_id)) for command, external_id in zip(commands, ids, strict=True)]
        lost = await self._write([plan for plan in plans if isinstance(plan, Edit) and plan.values])
        now = await self._now(ids)
        return [
            _outcome(plan, external_id, now.get(external_id), lost)
            for plan, external_id in zip(plans, ids, strict=True)
        ]

    async def _write(self, edits: Sequence[Edit]) -> AnswerLost | None:
        if not edits:
            return None
        timestamps = {record: stamp for edit in edits for record, stamp in edit.timestamps.items()}
        try:
            await self._session.call(f"model.{PARTY}.write", *flat_pairs(edits), context={"_timestamp": timestamps})
        except AnswerLost as error:
            return error
        return None

    async def _now(self, ids: Sequence[ExternalId]) -> Mapping[ExternalId, SourceObject]:
        # The writes are done: a read that fails must not make them look undone.
        with suppress(Transient, Rejected):
            return {
                found.external_id: found for found in await read_by_id(self._session, self._clock, Entity.CUSTOMER, ids)
            }
        return {}


def _target(command: WriteCommand) -> ExternalId:
    return command.external_id if command.external_id is not None else ExternalId("")


def _outcome(plan: Plan, external_id: ExternalId, now: SourceObject | None, lost: AnswerLost | None) -> WriteOutcome:
    match plan:
        case Gone():
            return Refused("GONE", f"customer {external_id} or the part to change does not exist", now=now)
        case Unwritable(path):
            return Refused(Invalid.code, f"the Tryton adapter does not write {'/'.join(path)}", now=now)
        case Contested(path):
            message = f"customer {external_id} holds another value at {'/'.join(path)}"
            return Refused(Conflict.code, message, conflict=True, now=now)
        case Edit(values=values):
            if values and lost is not None:
                return Unanswered(lost.message)
            return Written(external_id, after=now)
