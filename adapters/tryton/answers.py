"""Customers' answers to leads: a note where people look, and the end of a campaign's own messages to him.

At campaign management the note stands at his record in the scenario (`marketing.automation.record`), which is blocked:
no activity that waits for him is carried out any more (trytond/modules/marketing_automation, series 8.2). At lead
management it stands at the opportunity, and at the party where neither is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from adapters.tryton.connection import AnswerLost
from adapters.tryton.notes import Notes
from adapters.tryton.reading import known_ids
from adapters.tryton.session import Session
from adapters.tryton.wire import row_id
from hub.errors import Rejected, Unauthorised
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import ExternalId
from hub.records.source import JsonValue

MEMBERSHIP: Final = "marketing.automation.record"


class Answers:
    """One note per answer, named by the hub's id of it."""

    def __init__(self, session: Session, notes: Notes) -> None:
        self._session = session
        self._notes = notes

    async def carry_out(self, command: WriteCommand) -> WriteOutcome:
        """A repeat finds what it made. Raises Conflict while the party is being made."""
        external_id = command.external_id
        if external_id is None or not external_id.replace("-", "").isalnum():
            return Refused("INVALID", "an answer is named by an id of the hub: letters, digits and dashes")
        told = {change.path[0]: change.new for change in command.changes if len(change.path) == 1}
        try:
            member = await self._member(told)
            resource = f"{MEMBERSHIP},{member}" if member is not None else await self._opportunity(told)
            if resource is None:
                party = await self._notes.party(told)
                resource = None if party is None else f"party.party,{party}"
            if resource is None:
                return Refused("NOT_FOUND", f"answer {external_id} does not say whose it is")
            await self._notes.keep(f"Answer {external_id}", resource, told)
            if member is not None:
                await self._session.call(f"model.{MEMBERSHIP}.block", [member])
        except AnswerLost as error:
            return Unanswered(error.message)
        return Written(external_id)

    async def _member(self, told: Mapping[str, JsonValue]) -> int | None:
        """The record of the scenario, None where the answer names none or it was removed."""
        ids = known_ids([ExternalId(str(told.get("membership")))])
        found = await self._session.search(MEMBERSHIP, [("id", "in", ids)], ["id"]) if ids else []
        return row_id(found[0]) if found else None

    async def _opportunity(self, told: Mapping[str, JsonValue]) -> str | None:
        """By Tryton's id or the hub's number; None in a Tryton that manages no leads."""
        lead, number = told.get("lead"), told.get("number")
        ids = known_ids([ExternalId(str(lead))])
        if not ids and number is None:
            return None
        domain = ("id", "in", ids) if ids else ("reference", "=", str(number))
        with suppress(Rejected, Unauthorised):
            rows = await self._session.search("sale.opportunity", [domain], ["id"], limit=1)
            return f"sale.opportunity,{row_id(rows[0])}" if rows else None
        return None
