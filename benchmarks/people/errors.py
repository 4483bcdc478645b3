"""How a record of a person goes wrong: typed badly, moved, married, shortened, exchanged, left out."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.people.people import people
from benchmarks.people.words import FAMILY, SHORT
from hub.matching.person import Written

TYPED = (
    "given_name",
    "family_name",
    "birth_date",
    "street",
    "house_number",
    "locality",
    "postal_code",
    "email",
    "phone",
)
LEFT_OUT = {
    "given_name": 0.02,
    "birth_date": 0.12,
    "street": 0.05,
    "house_number": 0.05,
    "unit": 0.4,
    "locality": 0.05,
    "region": 0.3,
    "postal_code": 0.08,
    "email": 0.35,
    "phone": 0.3,
}
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm1234567890", "wertyuioqsdfghjklaxcvbnmz2345678901", strict=False))


def written_again(random: Random, person: Written) -> Written:
    """A second record of the same person: now and then an error of meaning, and up to three of typing."""
    record = person
    for error, chance in ERRORS.items():
        if random.random() < chance:
            record = error(random, record)
    for _ in range(random.choices((0, 1, 2, 3), (40, 35, 18, 7))[0]):
        field = random.choice(TYPED)
        record = record._replace(**{field: _mistyped(random, getattr(record, field))})
    absent = {field: "" for field, chance in LEFT_OUT.items() if random.random() < chance}
    return record._replace(**absent)


def _mistyped(random: Random, text: str) -> str:
    if len(text) < 2:
        return text
    at = random.randrange(len(text) - 1)
    kind = random.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + NEIGHBOURS.get(text[at].lower(), text[at]) + text[at + 1 :]


def _moved(random: Random, person: Written) -> Written:
    new = next(people(random, 1))
    fields = ("street", "house_number", "unit", "locality", "region", "postal_code")
    return person._replace(**{field: getattr(new, field) for field in fields})


def _married(random: Random, person: Written) -> Written:
    other = random.choice(FAMILY)
    return person._replace(family_name=random.choice((other, f"{other}-{person.family_name}")))


def _shortened(random: Random, person: Written) -> Written:
    first = person.given_name.split()[0]
    return person._replace(given_name=SHORT.get(first, first))


def _initials(random: Random, person: Written) -> Written:
    return person._replace(given_name=" ".join(f"{word[0]}." for word in person.given_name.split()))


def _exchanged(random: Random, person: Written) -> Written:
    return person._replace(given_name=person.family_name, family_name=person.given_name)


def _month_first(random: Random, person: Written) -> Written:
    year, _, rest = person.birth_date.partition("-")
    month, _, day = rest.partition("-")
    return person._replace(birth_date=f"{year}-{day}-{month}")


def _without_particles(random: Random, person: Written) -> Written:
    return person._replace(family_name=person.family_name.split()[-1])


def _in_one_line(random: Random, person: Written) -> Written:
    return person._replace(street=f"{person.street} {person.house_number}", house_number="")


def _new_contact(random: Random, person: Written) -> Written:
    return person._replace(phone=f"+316{random.randrange(10**8):08d}", email="")


ERRORS: dict[Callable[[Random, Written], Written], float] = {
    _moved: 0.12,
    _married: 0.03,
    _shortened: 0.12,
    _initials: 0.10,
    _exchanged: 0.03,
    _month_first: 0.03,
    _without_particles: 0.08,
    _in_one_line: 0.10,
    _new_contact: 0.15,
}
