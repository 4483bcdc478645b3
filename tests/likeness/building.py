"""Labelled people as customers of systems, applied like any page."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from benchmarks.people.labelled import labelled_people
from hub.customers.likeness.weights import Learned, activate, propose
from hub.customers.recognise import Rules
from hub.flows.link import link_likely
from hub.matching.columns import columns
from hub.matching.dates import birth_of
from hub.matching.frequencies import frequencies
from hub.matching.person import Written
from hub.matching.weights import prior_weights
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind
from hub.store.engine import Database
from tests.flows.building import RULES, at


def customer(written: Written) -> CustomerRecord:
    """As an adapter would give it; a date that no calendar has is left out."""
    media = [(MediumKind.EMAIL, written.email), (MediumKind.PHONE, written.phone)]
    return CustomerRecord(
        given_name=written.given_name or None,
        family_name=written.family_name or None,
        birth_date=_date(written.birth_date),
        contact_media=tuple(
            ContactMediumRecord(external_id=kind.value, kind=kind, value=value) for kind, value in media if value
        ),
        addresses=(
            PostalAddressRecord(
                external_id="home",
                street=written.street or None,
                house_number=written.house_number or None,
                unit=written.unit or None,
                locality=written.locality or None,
                region=written.region or None,
                postal_code=written.postal_code or None,
            ),
        ),
    )


def crowd(records: int, seed: int) -> list[CustomerRecord]:
    """People to learn from."""
    return [customer(one.written) for one in labelled_people(records, seed)]


def _date(written: str) -> date | None:
    digits = birth_of(written)
    try:
        return date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        return None


async def let_experience_decide(database: Database) -> None:
    """Weights that nobody learned: what experience expects of 20,000 records, all values equally rare."""
    people = columns([])
    learned = Learned(prior_weights(20_000, 2e8), dict.fromkeys(people.codes, 20_000))
    async with database.transaction() as connection:
        version: int = await connection.scalar(
            text(
                """INSERT INTO likeness_weights (state, learned_at, records, matches, document)
                   VALUES ('LEARNING', now(), 0, 0, '{}') RETURNING version"""
            )
        )
        await propose(connection, version, learned, people, frequencies(people), 0)
        await activate(connection, version)


async def link(database: Database, rules: Rules = RULES.recognition, batch: int = 200) -> None:
    """What a worker does until nobody waits to be judged."""
    while True:
        async with database.transaction() as connection:
            if await link_likely(connection, rules, at(20_000), batch) < batch:
                return
