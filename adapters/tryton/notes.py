"""Contacts, wrap-ups and requests of the hub as notes at the party: what a person at the CRM sees beside the customer.

Tryton's own modules have no model for a contact. A note (`ir.note`) stands at every record, shows in the client's
toolbar with the number of unread ones, and needs no module. The first line names the object by the hub's id, each
other line is one field; so the note of an object is found again. Tryton lets nobody change the text of a note: a change
makes a new one, which is unread again, and takes the old one away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.tryton.connection import AnswerLost
from adapters.tryton.create import Creator
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, row_id
from hub.errors import Conflict
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue

NOTE: Final = "ir.note"

TITLES: Final[Mapping[Entity, str]] = {
    Entity.CONTACT: "Contact",
    Entity.WRAP_UP: "Wrap-up of contact",
    Entity.BUSINESS_REQUEST: "Request",
}
"""What the first line begins with."""

_PLACE: Final = frozenset({"customer", "customer_key", "lead", "membership"})
"""Fields that say where a note stands, and so are no lines of it."""


class Notes:
    """One note per object of the hub, which alone writes them."""

    def __init__(self, session: Session, creator: Creator) -> None:
        self._session = session
        self._creator = creator

    async def carry_out(self, command: WriteCommand) -> WriteOutcome:
        """Make the note, or bring its lines to what the command says. Raises Conflict while the party is being made."""
        external_id = command.external_id
        if external_id is None or not external_id.replace("-", "").isalnum():
            return Refused("INVALID", "a note is named by an id of the hub: letters, digits and dashes")
        title = f"{TITLES[command.entity]} {external_id}"
        told = {change.path[0]: change.new for change in command.changes if len(change.path) == 1}
        try:
            if not await self._kept(title, told):
                party = await self.party(told)
                if party is None:
                    return Refused("NOT_FOUND", f"{title} is not here, and the change does not say whose it is")
                await self._create(f"party.party,{party}", rewritten(f"{title}\n", told))
        except AnswerLost as error:
            return Unanswered(error.message)
        return Written(external_id)

    async def keep(self, title: str, resource: str, told: Mapping[str, JsonValue]) -> None:
        """Make the note of this title at a record, or bring its lines to what is told."""
        if not await self._kept(title, told, ("resource", "=", resource)):
            await self._create(resource, rewritten(f"{title}\n", told))

    async def party(self, told: Mapping[str, JsonValue]) -> str | None:
        """The party that a change is about; None where it does not say. Raises Conflict while it is being made."""
        customer, key = told.get("customer"), told.get("customer_key")
        if customer is not None:
            return str(customer)
        if not isinstance(key, str):
            return None
        made = await self._creator.find(key)
        if made is None:
            raise Conflict("the customer is not made at Tryton yet")
        return made.external_id

    async def _kept(self, title: str, told: Mapping[str, JsonValue], *at: WireValue) -> bool:
        """Whether there is a note of this title, anywhere or `at` a record; then it tells this as well."""
        domain = [("message", "like", f"{title}\n%"), *at]
        found = await self._session.search(NOTE, domain, ["message", "resource"])
        if found:
            await self._replace(found, told)
        return bool(found)

    async def _replace(self, found: Sequence[JsonObject], told: Mapping[str, JsonValue]) -> None:
        """The newest counts; several stand there when an earlier change broke off between its two calls."""
        last, before = found[-1], str(found[-1]["message"])
        message, old = rewritten(before, told), list(found[:-1])
        if message != before:
            await self._create(str(last["resource"]), message)
            old = list(found)
        if old:
            await self._session.call(f"model.{NOTE}.delete", [row_id(note) for note in old])

    async def _create(self, resource: str, message: str) -> None:
        await self._session.call(f"model.{NOTE}.create", [{"resource": resource, "message": message}])


def rewritten(message: str, told: Mapping[str, JsonValue]) -> str:
    """The message with these fields' lines as they are now; a field without a value loses its line."""
    title, *lines = message.splitlines()
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    for name, value in told.items():
        if name in _PLACE:
            continue
        label = name.replace("_", " ").capitalize()
        words = written(value)
        if words:
            fields[label] = words
        else:
            fields.pop(label, None)
    return "\n".join([title, *(f"{label}: {words}" for label, words in fields.items())]) + "\n"


def written(value: JsonValue) -> str:
    """A value as one line: lists by semicolons, what is inside an object by commas."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(words for one in value.values() if (words := written(one)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(words for one in value if (words := written(one)))
    return " ".join(str(value).split())
