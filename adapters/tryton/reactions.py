"""What customers did with offers: one note per offer at the party, with a line for each kind of event.

Campaign management in Tryton has no model for such events; a note per offer keeps a busy web site from burying the
party under hundreds of them. Each line tells when that last happened, whatever the order in which events arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from adapters.tryton.connection import AnswerLost
from adapters.tryton.notes import NOTE, Notes
from adapters.tryton.session import Session
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import ExternalId

WILDCARDS: Final = str.maketrans("%_\\", "---")
"""Of a search by `like`."""


class Reactions:
    """Once per event: a repeat finds its own time written already."""

    def __init__(self, session: Session, notes: Notes) -> None:
        self._session = session
        self._notes = notes

    async def carry_out(self, command: WriteCommand) -> WriteOutcome:
        """Raises Conflict while the party is being made."""
        told = {change.path[0]: change.new for change in command.changes if len(change.path) == 1}
        kind, at = told.get("kind"), told.get("occurred_at")
        about = told.get("proposition") or told.get("subject")
        if not isinstance(kind, str) or not isinstance(at, str) or not isinstance(about, str):
            return Refused("INVALID", "an event has a kind, a time, and what it is about")
        party = await self._notes.party(told)
        if party is None:
            return Refused("NOT_FOUND", "the event does not say whose it is")
        # The party in the title: a note is looked for by its title alone.
        title = f"Offer {' '.join(about.split()).translate(WILDCARDS)} to party {party}"
        try:
            before = await self._lines(title)
            if _earlier(before.get(kind.capitalize()), at):
                where = (told.get("channel"), told.get("treatment"))
                line = " ".join([at, *(words for words in where if isinstance(words, str))])
                await self._notes.keep(title, f"party.party,{party}", {kind: line})
        except AnswerLost as error:
            return Unanswered(error.message)
        return Written(ExternalId(command.key))

    async def _lines(self, title: str) -> Mapping[str, str]:
        found = await self._session.search(NOTE, [("message", "like", f"{title}\n%")], ["message"])
        lines = [line for note in found for line in str(note["message"]).splitlines()[1:]]
        return dict(line.split(": ", 1) for line in lines if ": " in line)


def _earlier(line: str | None, at: str) -> bool:
    """Whether what stands there, if anything does, happened before that time."""
    return line is None or datetime.fromisoformat(line.split(" ", 1)[0]) < datetime.fromisoformat(at)
