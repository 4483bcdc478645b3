"""Find out who is in contact from what the channel knows of him: the golden record's own identifiers, never a guess.

Where they name nobody, or several, what he says of himself is weighed (likely_callers.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.likely_callers import LikelyCaller, checked_details, likely_callers, only_match
from hub.contacts.session_tables import KnownCookie
from hub.contacts.somebody_else import is_somebody_else, said_of_himself
from hub.customers.identifiers import Node
from hub.customers.likeness.bands import Bands
from hub.customers.normalise import normalise_email, normalise_phone
from hub.errors import Invalid
from hub.matching.person import Written
from hub.records.contact import Recognition
from hub.records.customer import CustomerRecord
from hub.store.straight import run

CLUE_LENGTH_MAX: Final = 320
"""Of an e-mail address (RFC 3696, erratum 1690), which is the longest."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What a channel knows: a calling number, an address, a cookie of its own, the customer's number, or who it is.

    `person`: what he says of himself, such as name, birth date and postal code.
    """

    phone: str | None = None
    email: str | None = None
    cookie: str | None = None
    customer_number: str | None = None
    customer: UUID | None = None
    person: Written | None = None

    def normalised(self, region: str) -> Clues:
        """One spelling each; Invalid for what nobody could have."""
        email = None if self.email is None else normalise_email(self.email)
        phone = None if self.phone is None else normalise_phone(self.phone, region)
        for name, given, kept in (("email", self.email, email), ("phone", self.phone, phone)):
            if given is not None and kept is None:
                raise Invalid(f"that is no {name} anybody could have", ("known", name))
        for name, value in (("cookie", self.cookie), ("customerNumber", self.customer_number), ("email", email)):
            if value is not None and not 0 < len(value) <= CLUE_LENGTH_MAX:
                raise Invalid(f"a {name} has 1 to {CLUE_LENGTH_MAX} characters", ("known", name))
        person = None if self.person is None else checked_details(self.person)
        return Clues(phone, email, self.cookie, self.customer_number, self.customer, person)

    def kept(self) -> dict[str, object]:
        """What is kept of them while the caller is unknown; a cookie only as its digest."""
        cookie = None if self.cookie is None else digest_of(self.cookie).hex()
        told = {"phone": self.phone, "email": self.email, "number": self.customer_number, "cookie": cookie}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The customer, None unless exactly one answers to every clue that anybody answers to.

    `by`: the record of his that the surest such clue names, None where it names several of them or was learnt of none.
    `callers`: who it may be, where what he said of himself was weighed.
    """

    outcome: Recognition
    customer: UUID | None
    callers: tuple[LikelyCaller, ...] = ()
    by: Node | None = None


_Named: TypeAlias = Mapping[str, Mapping[UUID, Node | None]]


def digest_of(cookie: str) -> bytes:
    """Under which a cookie is known."""
    return hashlib.sha256(cookie.encode()).digest()


_FIND: Final = """
SELECT 'customer' AS clue, c.id, h.system, h.external_id FROM customer c
LEFT JOIN customer_identifier h ON h.home_of = CAST($1 AS uuid)
WHERE c.id = coalesce((SELECT current_id FROM customer_alias WHERE alias_id = $1), CAST($1 AS uuid))
UNION ALL
SELECT 'number', n.id, p.fields->'customer_number'->>'system', p.fields->'customer_number'->>'externalId'
FROM (SELECT id FROM customer WHERE customer_number = $2 AND NOT deleted LIMIT 2) n
LEFT JOIN customer_provenance p ON p.customer_id = n.id
UNION ALL
SELECT 'cookie', k.customer_id, k.by_system, k.by_external_id FROM known_cookie k WHERE k.digest = $3
UNION ALL
SELECT m.kind, m.customer_id, o.system, o.external_id FROM (
  SELECT DISTINCT m.kind, m.customer_id FROM contact_medium m JOIN customer c ON c.id = m.customer_id
  WHERE NOT c.deleted AND (m.kind, m.normalised) IN (('PHONE', $4), ('EMAIL', $5)) LIMIT 200) m
LEFT JOIN LATERAL (
  SELECT min(i.system) AS system, min(i.external_id) AS external_id FROM customer_identifier i
  WHERE i.customer_id = m.customer_id AND EXISTS (SELECT FROM source_identifier s
    WHERE s.system = i.system AND s.external_id = i.external_id AND s.kind = m.kind
      AND s.value = CASE m.kind WHEN 'PHONE' THEN $4 ELSE $5 END)
  HAVING count(*) = 1) o ON true
"""


async def recognise_caller(
    connection: AsyncConnection, clues: Clues, bands: Bands, new: CustomerRecord | None = None
) -> Recognised:
    """From normalised clues. The surest clue that anybody answers to decides; a weaker one only chooses among several.

    A number withheld or an address shared by a family names nobody alone, but both together may name one of them. What
    he says of himself decides where identifiers do not, in the match band alone; and it, or else what he is called as a
    `new` customer, speaks against the one whom his address, number or device names and who plainly is another one.
    """
    found = await _found(connection, clues)
    candidates: frozenset[UUID] = frozenset()
    for clue in _SUREST_FIRST:
        named = frozenset(found.get(clue, {}))
        if not candidates:
            candidates = named
        elif len(candidates) > 1 and candidates & named:
            candidates &= named
    another: frozenset[UUID] = frozenset()
    if len(candidates) == 1 and await _shares_only(connection, clues, found, candidates, new):
        candidates, another = another, candidates
    if len(candidates) == 1:
        (customer,) = candidates
        named_by = [found[clue][customer] for clue in _SUREST_FIRST if customer in found.get(clue, {})]
        return Recognised(Recognition.RECOGNISED, customer, by=next(filter(None, named_by), None))
    callers: list[LikelyCaller] = []
    if clues.person is not None:
        details = clues.person._replace(email=clues.email or "", phone=clues.phone or "")
        likely_ones = await likely_callers(connection, details, bands, candidates)
        callers = [one for one in likely_ones if one.customer not in another]
    if (likely := only_match(callers)) is not None:
        return Recognised(Recognition.RECOGNISED, likely, tuple(callers))
    outcome = Recognition.AMBIGUOUS if candidates or callers else Recognition.UNKNOWN
    return Recognised(outcome, None, tuple(callers))


async def _shares_only(
    connection: AsyncConnection, clues: Clues, found: _Named, candidates: frozenset[UUID], new: CustomerRecord | None
) -> bool:
    said = new if clues.person is None else said_of_himself(clues.person)
    if said is None or any(found.get(clue) for clue in _OF_ONE):
        return False
    (customer,) = candidates
    return await is_somebody_else(connection, customer, said)


def recognised_by(node: Node | None) -> dict[str, str | None]:
    """As columns."""
    system, external_id = (None, None) if node is None else node
    return {"by_system": system, "by_external_id": external_id}


_OF_ONE: Final = ("customer", "number")
"""Clues that are one person's, whatever he says of himself."""
_SUREST_FIRST: Final = (*_OF_ONE, "EMAIL", "PHONE", "cookie")


async def _found(connection: AsyncConnection, clues: Clues) -> _Named:
    """Per clue whom it names, with the one record of his that it is of."""
    cookie = None if clues.cookie is None else digest_of(clues.cookie)
    rows = await run(connection, _FIND, clues.customer, clues.customer_number, cookie, clues.phone, clues.email)
    found: dict[str, dict[UUID, Node | None]] = {}
    for clue, identity, system, external_id in rows:
        found.setdefault(clue, {})[identity] = None if system is None else Node(system, external_id)
    return found


async def learn_cookies(
    connection: AsyncConnection, digests: Sequence[bytes], customer: UUID, by: Node | None, now: datetime
) -> None:
    """From now on these cookies are this customer's; a device that changes hands follows its new owner.

    `by`: the record of his by which he was recognised as they were learnt.
    """
    for digest in digests:
        await connection.execute(
            text(
                f"""INSERT INTO {KnownCookie.__tablename__} AS k (digest, customer_id, since, by_system, by_external_id)
                    VALUES (:digest, :customer, :now, :by_system, :by_external_id)
                    ON CONFLICT (digest) DO UPDATE SET customer_id = excluded.customer_id, since = excluded.since,
                      by_system = excluded.by_system, by_external_id = excluded.by_external_id
                    WHERE k.customer_id <> excluded.customer_id"""  # noqa: S608  a constant
            ),
            {"digest": digest, "customer": customer, "now": now, **recognised_by(by)},
        )
