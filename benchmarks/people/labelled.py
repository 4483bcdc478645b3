"""A labelled file: every fourth person stands in it twice or three times."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from benchmarks.people.errors import written_again
from benchmarks.people.people import people
from hub.matching.person import Written


class Labelled(NamedTuple):
    """`person` is the label: records with one label are one person."""

    id: str
    person: int
    written: Written


def labelled_people(records: int, seed: int) -> list[Labelled]:
    """The same seed gives the same people; the records stand in no order."""
    random = Random(seed)
    made: list[tuple[int, Written]] = []
    for number, person in enumerate(people(random, records)):
        if len(made) >= records:
            break
        made.append((number, written_again(random, person) if random.random() < 0.3 else person))
        for _ in range(random.choices((0, 1, 2), (75, 20, 5))[0]):
            made.append((number, written_again(random, person)))
    random.shuffle(made)
    return [Labelled(f"r{place}", person, written) for place, (person, written) in enumerate(made[:records])]
