"""Make the record of somebody whom no system knows yet, out of what he says of himself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.desk import ContactDesk
from hub.contacts.recognise_caller import Clues
from hub.customers.introduce import introduce_customer
from hub.errors import Invalid
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind, PartyKind

NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What is known of him at once; the rest comes with what he asks for."""

    name: str
    kind: PartyKind = PartyKind.PERSON
    language: str | None = None

    def called(self) -> CustomerRecord:
        """Who he says he is, without how he is reached."""
        return CustomerRecord(kind=self.kind, name=self.name)


async def introduce(
    connection: AsyncConnection, desk: ContactDesk, new: NewCustomer, clues: Clues, now: datetime
) -> UUID:
    """Needs a way to reach him, by which every system will recognise him: Invalid without phone and e-mail address."""
    if not 0 < len(new.name.strip()) <= NAME_MAX:
        raise Invalid(f"a name has 1 to {NAME_MAX} characters", ("newCustomer", "name"))
    if new.language is not None and not 0 < len(new.language) <= 35:
        raise Invalid("a language is a tag of BCP 47, such as nl", ("newCustomer", "language"))
    known = ((MediumKind.EMAIL, clues.email), (MediumKind.PHONE, clues.phone))
    media = [(kind, value) for kind, value in known if value is not None]
    if not media:
        raise Invalid("a new customer needs a phone number or an e-mail address", ("newCustomer",))
    record = CustomerRecord(
        kind=new.kind,
        name=new.name,
        language=new.language,
        contact_media=tuple(
            ContactMediumRecord(external_id=kind.value.lower(), kind=kind, value=value) for kind, value in media
        ),
    )
    key = str(uuid4())
    introduced = await introduce_customer(connection, key, record, desk.recognition, desk.keys, now)
    await desk.follow(connection, introduced.recognised, introduced.others, now)
    return introduced.customer
