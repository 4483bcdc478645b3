"""Customers' answers to leads as comments, which BottleCRM shows beside the record: at the lead, else at the contact.

The first line names the answer by the hub's id, each other line is one field; by it a repeat finds what it made. What
an answer makes of the lead's status and rating comes by the lead itself (`hub_leads`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.bottlecrm.connection import AnswerLost, Connection, Gone
from adapters.bottlecrm.entities import ENTITIES
from adapters.bottlecrm.hub_leads import find_by_number
from adapters.bottlecrm.wire import rows_of
from hub.errors import Rejected
from hub.ports.writing import Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonValue

_TOLD: Final = ("number", "campaign", "proposition", "channel", "outcome", "occurred_at")


async def comment_on(connection: Connection, command: WriteCommand) -> WriteOutcome:
    """One comment per answer. Refused where neither the lead nor the customer is here."""
    answer = command.external_id or ExternalId("")
    told = {change.path[0]: change.new for change in command.changes if len(change.path) == 1}
    try:
        for path in await _places(connection, told):
            try:
                await _kept(connection, path, f"Answer {answer}", told)
            except Gone:
                continue
            return Written(answer)
    except AnswerLost as error:
        return Unanswered(error.message)
    except Rejected as error:
        return Refused(error.code, error.message)
    return Refused("NOT_FOUND", f"answer {answer}: neither its lead nor its customer is here")


async def _places(connection: Connection, told: Mapping[str, JsonValue]) -> list[str]:
    """Where it may stand, the best place first: a converted lead is in no list, and is found by its own id only."""
    lead, number, customer = told.get("lead"), told.get("number"), told.get("customer")
    if lead is None and number is not None:
        lead = await find_by_number(connection, ExternalId(str(number)))
    records = {Entity.SALES_LEAD: lead, Entity.CUSTOMER: customer}
    return [f"api/{ENTITIES[entity].path}/{one}/" for entity, one in records.items() if one is not None]


async def _kept(connection: Connection, path: str, title: str, told: Mapping[str, JsonValue]) -> None:
    comments = rows_of(await connection.get(path), ("comments",))
    if any(str(comment.get("comment")).partition("\n")[0] == title for comment in comments):
        return
    lines = [f"{name.replace('_', ' ').capitalize()}: {told[name]}" for name in _TOLD if told.get(name) is not None]
    await connection.send("POST", path, {"comment": "\n".join([title, *lines])})
