"""Leads as sale opportunities: those the hub issues, found by its number in `reference`, and Tryton's own by id.

The state is changed by buttons, never written (trytond/modules/sale_opportunity/opportunity.py, series 8.2). Tryton
itself calls an opportunity won once its sale is confirmed: there is no button for it. Where Tryton does not offer the
button for the state that a record is in, it refuses to press it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from adapters.tryton.clock import SourceClock
from adapters.tryton.connection import AnswerLost
from adapters.tryton.notes import Notes
from adapters.tryton.opportunity_values import COLUMNS, contested, differing, lookups, values_of
from adapters.tryton.reading import known_ids, read_by_id
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, row_id
from hub.errors import Conflict, Invalid, Rejected, Transient
from hub.ports.writing import FieldChange, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.enums import LeadState
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, JsonValue, SourceObject

OPPORTUNITY: Final = "sale.opportunity"

_STATE_OF: Final[Mapping[str, LeadState]] = {
    "lead": LeadState.ACKNOWLEDGED,
    "opportunity": LeadState.IN_PROGRESS,
    "converted": LeadState.PENDING,
    "won": LeadState.ACCEPTED,
    "lost": LeadState.REJECTED,
    "cancelled": LeadState.CANCELLED,
}
_BUTTON_TO: Final[Mapping[LeadState, str]] = {
    LeadState.ACKNOWLEDGED: "lead",
    LeadState.IN_PROGRESS: "opportunity",
    LeadState.PENDING: "convert",
    LeadState.REJECTED: "lost",
    LeadState.CANCELLED: "cancel",
}
_ON_THE_WAY: Final[Mapping[tuple[LeadState, LeadState], LeadState]] = {
    (LeadState.ACKNOWLEDGED, LeadState.PENDING): LeadState.IN_PROGRESS,
}
"""Tryton converts opportunities only: a lead is made one first. One that stands there is on its way, whoever did it."""

_NOTED: Final = frozenset({"rating", "priority"})
"""What an opportunity has no field for; it stands in a note at it."""

_FIELDS: Final = ("number", "reference", "state", "_timestamp", *COLUMNS)


class Opportunities:
    """One command at a time: pressing a button is a transaction of its own."""

    def __init__(self, session: Session, clock: SourceClock, notes: Notes) -> None:
        self._session = session
        self._clock = clock
        self._notes = notes

    async def carry_out(self, command: WriteCommand) -> WriteOutcome:
        """Make the opportunity where the hub's number is not here yet; then fields, state and note, three-way.

        Raises Conflict while its party is being made, or when somebody changed it between reading and writing.
        """
        changes = {change.path[0]: change for change in command.changes if len(change.path) == 1}
        try:
            known = await self._found(command.external_id)
            row = known if known is not None else await self._made(command, changes)
            if known is None:
                changes = {name: change for name, change in changes.items() if name in ("state", *_NOTED)}
            if isinstance(row, Refused):
                return row
            refused = await self._changed(row, changes)
        except AnswerLost as error:
            return Unanswered(error.message)
        external_id = ExternalId(str(row_id(row)))
        now = await self._now(external_id)
        if refused is not None:
            return Refused(refused.code, refused.message, refused.conflict, now)
        return Written(external_id, after=now)

    async def _found(self, external_id: ExternalId | None) -> JsonObject | None:
        """By Tryton's id, or by the hub's number."""
        ids = known_ids([external_id or ExternalId("")])
        domain: list[WireValue] = [("id", "in", ids)] if ids else [("reference", "=", external_id)]
        rows = await self._session.search(OPPORTUNITY, domain, _FIELDS, limit=1)
        return rows[0] if rows else None

    async def _made(self, command: WriteCommand, changes: Mapping[str, FieldChange]) -> JsonObject | Refused:
        number = command.external_id
        if number is None or known_ids([number]):
            return Refused("GONE", f"opportunity {number} does not exist")
        told = {name: change.new for name, change in changes.items()}
        party = await self._notes.party(told)
        if party is None:
            return Refused("NOT_FOUND", f"lead {number} is not here, and the change does not say whose it is")
        found = await lookups(self._session, told)
        if found.employee is None:
            # Nobody here has the owner's name: the opportunity is the hub's own employee's, as Tryton makes it.
            told.pop("owner", None)
        row = {**values_of(told, found), "party": int(party), "reference": number}
        await self._session.call(f"model.{OPPORTUNITY}.create", [row])
        made = await self._found(number)
        if made is None:
            raise Rejected("Tryton did not keep the new opportunity")
        return made

    async def _changed(self, row: JsonObject, changes: Mapping[str, FieldChange]) -> Refused | None:
        written = differing(row, changes)
        for name, change in written.items():
            if contested(row, change):
                return _contested(row, name)
        state = changes.get("state")
        refused = None if state is None else _state_refused(row, state)
        if refused is not None:
            return refused
        await self._write(row, written)
        if state is not None:
            refused = await self._press(row, LeadState(str(state.new)), changes.get("state_reason"))
        await self._note(row, changes)
        return refused

    async def _write(self, row: JsonObject, written: Mapping[str, FieldChange]) -> None:
        told = {name: change.new for name, change in written.items()}
        found = await lookups(self._session, told)
        if told.get("owner") is not None and found.employee is None:
            if written["owner"].old is not None:
                raise Rejected("Tryton has no employee of the owner's name")
            del told["owner"]
        values = values_of(told, found)
        if values:
            stamps = {"_timestamp": _stamps(row)}
            await self._session.call(f"model.{OPPORTUNITY}.write", [row_id(row)], values, context=stamps)

    async def _press(self, row: JsonObject, to: LeadState, reason: FieldChange | None) -> Refused | None:
        current = await self._again(row)
        state = _STATE_OF[str(current["state"])]
        between = _ON_THE_WAY.get((state, to))
        for step in [] if state is to else [to] if between is None else [between, to]:
            try:
                stamps = {"_timestamp": _stamps(current)}
                await self._session.call(f"model.{OPPORTUNITY}.{_BUTTON_TO[step]}", [row_id(row)], context=stamps)
            except Rejected as error:
                return Refused(error.code, f"from {current['state']} to {to.value}: {error.message}")
            current = await self._again(row)
        if to is LeadState.REJECTED and reason is not None and reason.new is not None:
            await self._session.call(f"model.{OPPORTUNITY}.write", [row_id(row)], {"lost_reason": str(reason.new)})
        return None

    async def _again(self, row: JsonObject) -> JsonObject:
        found = await self._found(ExternalId(str(row_id(row))))
        if found is None:
            raise Conflict("the opportunity was deleted in the meantime")
        return found

    async def _note(self, row: JsonObject, changes: Mapping[str, FieldChange]) -> None:
        told: dict[str, JsonValue] = {name: changes[name].new for name in _NOTED if name in changes}
        if told:
            await self._notes.keep(f"Lead {row['reference'] or row['number']}", f"{OPPORTUNITY},{row_id(row)}", told)

    async def _now(self, external_id: ExternalId) -> SourceObject | None:
        # What was written is written: a read that fails must not make it look undone.
        with suppress(Transient, Rejected):
            (found,) = await read_by_id(self._session, self._clock, Entity.SALES_LEAD, [external_id])
            return found
        return None


def _state_refused(row: JsonObject, change: FieldChange) -> Refused | None:
    """Three-way: the state may be the wanted one already, or the one that the hub saw, or a new one's first."""
    current, to = _STATE_OF[str(row["state"])], LeadState(str(change.new))
    if current is to:
        return None
    old = LeadState.ACKNOWLEDGED if change.old is None else LeadState(str(change.old))
    if current not in (old, _ON_THE_WAY.get((old, to))):
        return _contested(row, "state")
    if to not in _BUTTON_TO:
        return Refused(Invalid.code, "Tryton calls a lead won once its sale is confirmed, and not before")
    return None


def _contested(row: JsonObject, name: str) -> Refused:
    return Refused(Conflict.code, f"opportunity {row_id(row)} holds another value at {name}", conflict=True)


def _stamps(row: JsonObject) -> Mapping[str, WireValue]:
    stamp = row["_timestamp"]
    return {f"{OPPORTUNITY},{row_id(row)}": str(stamp)} if stamp is not None else {}
