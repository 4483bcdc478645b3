"""People in households: families under one roof share the address and often a phone or mailbox; some are twins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from benchmarks.people.words import (
    FAMILY,
    FAMILY_HEADS,
    FAMILY_TAILS,
    GIVEN,
    MAIL_HOSTS,
    PLACES,
    REGIONS,
    STREET_HEADS,
    STREET_TAILS,
)
from hub.matching.fold import fold
from hub.matching.person import Written

EPOCH = date(1930, 1, 1)
COMPANIES = 15
"""So many switchboards, on which one in twenty can be reached."""


@dataclass(frozen=True, slots=True)
class Home:
    """An address, its phone, and the family's name and mailbox."""

    written: Written
    family: str


def people(random: Random, count: int) -> Iterator[Written]:
    """That many different persons."""
    switchboards = [f"+3120{random.randrange(10**7):07d}" for _ in range(COMPANIES)]
    made = 0
    while made < count:
        home = _home(random)
        size = random.choices((1, 2, 3, 4), (45, 30, 10, 15))[0]
        for person in _household(random, home, min(size, count - made)):
            made += 1
            yield person._replace(phone=random.choice(switchboards)) if random.random() < 0.05 else person


def _household(random: Random, home: Home, size: int) -> Iterator[Written]:
    born = EPOCH + timedelta(days=random.randrange(60 * 365))
    father = ""
    for member in range(size):
        given = _often_first(random, GIVEN)
        if member == 2 and random.random() < 0.05:
            given = father
        if member >= 2 and not (member == 3 and random.random() < 0.1):
            born = born + timedelta(days=random.randrange(20 * 365, 35 * 365) if member == 2 else 800)
        family = home.family if random.random() < 0.85 else _family(random)
        father = father or given
        yield _person(random, home, given, family, born if member != 1 else born + timedelta(days=900))


def _person(random: Random, home: Home, given: str, family: str, born: date) -> Written:
    local = fold(f"{given} {family}").replace(" ", random.choice((".", "", "_")))
    own = f"{local}{random.choice(('', str(born.year % 100)))}@{random.choice(MAIL_HOSTS)}"
    shared = random.random() < 0.2
    return home.written._replace(
        given_name=given if random.random() < 0.8 else f"{given} {_often_first(random, GIVEN)}",
        family_name=family,
        birth_date=born.isoformat(),
        email=home.written.email if shared else own,
        phone=home.written.phone if random.random() < 0.3 else f"+316{random.randrange(10**8):08d}",
    )


def _home(random: Random) -> Home:
    family = _family(random)
    place = min(int(random.expovariate(1 / 12)), len(PLACES) - 1)
    head, tail = random.choice(STREET_HEADS), random.choice(STREET_TAILS)
    code = 1000 + place * 220 + random.randrange(220)
    letters = "".join(random.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(2))
    written = Written(
        street=f"{head}{tail}",
        house_number=str(1 + int(random.expovariate(1 / 40))),
        unit=random.choice(("", "", "", "", "A", "B", "II")),
        locality=PLACES[place],
        region=REGIONS[place % len(REGIONS)],
        postal_code=f"{code} {letters}",
        email=f"familie.{fold(family).replace(' ', '')}@{random.choice(MAIL_HOSTS)}",
        phone=f"+3130{random.randrange(10**7):07d}",
    )
    return Home(written, family)


def _family(random: Random) -> str:
    """Two in three have one of the frequent names."""
    if random.random() < 0.66:
        return _often_first(random, FAMILY)
    made = random.choice(FAMILY_HEADS) + random.choice(FAMILY_TAILS)
    return f"{random.choice(('van ', 'van der ', '', ''))}{made}"


def _often_first(random: Random, words: Sequence[str]) -> str:
    return (
        words[min(int(random.paretovariate(0.55)) - 1, len(words) - 1)]
        if random.random() < 0.5
        else random.choice(words)
    )
