"""New customers, each carrying the hub's idempotency key so that it is made once and found again.

The key is kept as an identifier of the party with no type and the code `contacthub:<key>`. Users can see it there, it
can be searched, and without a type no module checks what it looks like; the party's own `code` is the company's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError

from adapters.tryton.clock import SourceClock
from adapters.tryton.connection import AnswerLost
from adapters.tryton.edits import PARTY
from adapters.tryton.new_party import Lookups, party_values
from adapters.tryton.reading import read_by_id
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue
from hub.errors import Rejected, Transient
from hub.ports.writing import Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject

_PREFIX = "contacthub:"


class Creator:
    """Makes parties; looks languages and countries up by their codes."""

    def __init__(self, session: Session, clock: SourceClock) -> None:
        self._session = session
        self._clock = clock

    async def find(self, key: str) -> SourceObject | None:
        """The party that a CREATE with this key made and that still exists."""
        made = await self._made([key])
        if key not in made:
            return None
        (found,) = await read_by_id(self._session, self._clock, Entity.CUSTOMER, [made[key]])
        return found if found.body is not None else None

    async def transaction(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """See `batches.Transaction`; a party that an earlier attempt made is not made again."""
        records = {command.key: _record(command) for command in commands}
        made = await self._made(list(records))
        wanted = {key: record for key, record in records.items() if key not in made}
        if wanted:
            rows = await self._rows(wanted)
            try:
                ids = await self._session.call(f"model.{PARTY}.create", rows)
            except AnswerLost as error:
                return [_written(command, made, {}) or Unanswered(error.message) for command in commands]
            if not isinstance(ids, list) or len(ids) != len(wanted):
                raise Rejected("Tryton answered a create without the new ids")
            made = {**made, **{key: ExternalId(str(new)) for key, new in zip(wanted, ids, strict=True)}}
        now = await self._now(list(made.values()))
        return [_written(command, made, now) or Unanswered("Tryton named no new id") for command in commands]

    async def _made(self, keys: Sequence[str]) -> Mapping[str, ExternalId]:
        codes = [_PREFIX + key for key in keys]
        rows = await self._session.search("party.identifier", [("code", "in", codes)], ["code", "party"])
        return {str(row["code"]).removeprefix(_PREFIX): ExternalId(str(row["party"])) for row in rows}

    async def _rows(self, records: Mapping[str, CustomerRecord]) -> list[WireValue]:
        languages = {record.language for record in records.values() if record.language is not None}
        countries = {address.country for record in records.values() for address in record.addresses}
        lookups = Lookups(
            languages=await self._ids_by_code("ir.lang", {language.replace("-", "_") for language in languages}),
            countries=await self._ids_by_code("country.country", {code for code in countries if code is not None}),
        )
        return [party_values(record, _PREFIX + key, lookups) for key, record in records.items()]

    async def _ids_by_code(self, model: str, codes: set[str]) -> Mapping[str, WireValue]:
        if not codes:
            return {}
        rows = await self._session.search(model, [("code", "in", sorted(codes))], ["code"])
        return {str(row["code"]): row["id"] for row in rows}

    async def _now(self, ids: Sequence[ExternalId]) -> Mapping[ExternalId, SourceObject]:
        # The parties are made: a read that fails must not make them look unmade.
        with suppress(Transient, Rejected):
            found = await read_by_id(self._session, self._clock, Entity.CUSTOMER, ids)
            return {customer.external_id: customer for customer in found}
        return {}


def _record(command: WriteCommand) -> CustomerRecord:
    try:
        return CustomerRecord.model_validate({change.path[0]: change.new for change in command.changes})
    except ValidationError:
        # The validation's own message repeats the values.
        raise Rejected(f"the new object of {command.key} is no customer record") from None


def _written(
    command: WriteCommand, made: Mapping[str, ExternalId], now: Mapping[ExternalId, SourceObject]
) -> Written | None:
    external_id = made.get(command.key)
    return Written(external_id, after=now.get(external_id)) if external_id is not None else None
