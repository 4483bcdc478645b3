"""Customers that have to go: deleted where nothing refers to them, else emptied by Tryton's own wizard.

`party.erase` (module party) replaces names, addresses and contact mechanisms by nothing, in the history tables as well,
and refuses a party that is active or has business pending. Sales and invoices keep pointing to the emptied party.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.tryton.connection import AnswerLost
from adapters.tryton.edits import PARTY
from adapters.tryton.reading import known_ids
from adapters.tryton.session import Session
from hub.errors import Rejected
from hub.ports.writing import Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import ExternalId

_WIZARD = "wizard.party.erase"


class Eraser:
    """One party after the other: each is a few calls, and one that Tryton refuses holds up no other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def transaction(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """See `batches.Transaction`; a party that is not there any more is as it should be."""
        return [await self._erased(command.external_id or ExternalId("")) for command in commands]

    async def _erased(self, external_id: ExternalId) -> WriteOutcome:
        found = await self._session.search(PARTY, [("id", "in", known_ids([external_id]))], ["active"])
        if not found:
            return Written(external_id)
        party = int(external_id)
        try:
            try:
                await self._session.call(f"model.{PARTY}.delete", [party])
            except Rejected:
                await self._emptied(party)
        except AnswerLost as error:
            return Unanswered(error.message)
        return Written(external_id)

    async def _emptied(self, party: int) -> None:
        await self._session.call(f"model.{PARTY}.write", [party], {"active": False})
        opened = await self._session.call(f"{_WIZARD}.create")
        if not isinstance(opened, list) or not opened:
            raise Rejected("Tryton opened no wizard to erase a party")
        wizard = opened[0]
        await self._session.call(f"{_WIZARD}.execute", wizard, {"ask": {"party": party}}, "erase")
        await self._session.call(f"{_WIZARD}.delete", wizard)
