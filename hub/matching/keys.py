"""Blocking: two records are compared when they share one of these keys, and few others do.

Each error spares some of the keys: there are keys without the birth date, without the name, without the address. Broad
keys find pairs in small files and rare values in large ones; a key that too many records share is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import combinations

from hub.matching.names import name_parts
from hub.matching.person import Person

STEM = 4


BROAD = ("word ", "sounds ", "stems ", "sound locality ", "sound house ", "sound year ", "birth ")
"""Keys that many share among millions; who is surely one person shares another one as well."""


def keys_of(person: Person) -> frozenset[int]:
    """Signed 64-bit numbers."""
    return frozenset(map(_number, _keys(person)))


def telling_keys(person: Person) -> frozenset[int]:
    """Those of `keys_of` that few share, however many persons there are."""
    return frozenset(_number(key) for key in _keys(person) if not key.startswith(BROAD))


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def _keys(person: Person) -> Iterator[str]:
    given = name_parts(person.given) if person.given else None
    family = name_parts(person.family) if person.family else None
    words = [word for parts in (given, family) if parts for word in parts.words[:4] if len(word) > 1]
    sounds = sorted({sound for parts in (given, family) if parts for sound in parts.sound.split()[:4]})
    initials = "".join(sorted(parts.core[0] for parts in (given, family) if parts))
    yield from _by_name(person, words, sounds)
    yield from _by_birth(person, sounds, initials)
    yield from _by_address(person, sounds, initials)
    if person.email:
        yield f"mail {person.email.partition('@')[0]}"
    if person.phone:
        yield f"phone {person.phone}"


def _by_name(person: Person, words: list[str], sounds: list[str]) -> Iterator[str]:
    for word in words:
        yield f"word {word}"
    for first, second in combinations(sounds, 2):
        yield f"sounds {first} {second}"
    stems = sorted(word[:STEM] for word in words)
    for one, other in combinations(stems, 2):
        yield f"stems {one} {other}"
    for sound in sounds:
        if person.postal:
            yield f"sound postal {sound} {person.postal}"
        if person.locality:
            yield f"sound locality {sound} {person.locality[:STEM]}"
        if person.house:
            yield f"sound house {sound} {person.house}"


def _by_birth(person: Person, sounds: list[str], initials: str) -> Iterator[str]:
    year, month, day = person.birth[:4], person.birth[4:6], person.birth[6:]
    if not year or "-" in year:
        return
    yield f"birth {year} {' '.join(sorted((month, day)))}"
    for sound in sounds:
        yield f"sound year {sound} {year}"
    if "-" not in month + day:
        for sound in sounds:
            yield f"sound day {sound} {' '.join(sorted((month, day)))}"
        yield f"day {' '.join(sorted((month, day)))} {initials}"
        yield f"month {year} {month} {initials}"
    if person.postal:
        yield f"year postal {year} {person.postal}"


def _by_address(person: Person, sounds: list[str], initials: str) -> Iterator[str]:
    if person.postal:
        yield f"postal {person.postal} {initials}"
        if person.house:
            yield f"postal house {person.postal} {person.house}"
    for word in person.street.split():
        if len(word) > STEM:
            yield f"street {word} {person.house}"
    if person.street:
        yield f"street {person.street} {initials}"
