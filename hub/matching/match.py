"""Recognise the persons of one file among themselves, or those of two files in each other, without any label."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from hub.matching.blocks import Blocks, Connection, Page, choose_blocks, pages_of_pairs, store_keys
from hub.matching.columns import Codes, People, columns
from hub.matching.compare import Pairs, compare, joined
from hub.matching.decide import MATCH, Pair, Scored, chains, groups, missing_pairs, partners, within
from hub.matching.frequencies import Frequencies, frequencies
from hub.matching.keys import keys_of
from hub.matching.learn import Lesson, learn, strangers_of
from hub.matching.person import Person
from hub.matching.weights import Weights, judge, prior_weights

Told: TypeAlias = Callable[[str, float], None]
"""Hears what is being done and which share of it is done."""

RANDOM_PAIRS: Final = 300_000
WORTH_KEEPING: Final = 1e-3
PAGE: Final = 200_000
SEED: Final = 20_11_1969
"""The same file gives the same answer each time."""


@dataclass(frozen=True, slots=True)
class Known:
    """A file's persons with their keys, two files one behind the other; the second begins at `split`."""

    people: People
    keys: array[int]
    key_of: array[int]
    split: int | None

    @property
    def pairs(self) -> float:
        """How many pairs there are in all."""
        records = len(self.people)
        if self.split is not None:
            return max(1.0, float(self.split) * (records - self.split))
        return max(1.0, records * (records - 1) / 2)


@dataclass(frozen=True, slots=True)
class Strangers:
    """What `random` pairs of records teach, each value being as `frequent` as records have it."""

    frequent: Frequencies
    random: Pairs
    weights: Weights


@dataclass(frozen=True, slots=True)
class Matches:
    """The pairs decided on, the smaller record first, and the weights and frequencies that decided."""

    pairs: list[tuple[Pair, float]]
    weights: Weights
    frequent: Frequencies
    compared: int


def know(persons: Iterable[Person], split: Callable[[], int | None]) -> Known:
    """Take the persons in; `split` is asked when all have come."""
    keys, key_of = array("q"), array("i")

    def passing() -> Iterator[Person]:
        for record, person in enumerate(persons):
            found = keys_of(person)
            keys.extend(found)
            key_of.extend([record] * len(found))
            yield person

    people = columns(passing())
    return Known(people, keys, key_of, split())


async def match(
    connection: Connection,
    known: Known,
    told: Told,
    decided: Mapping[Pair, bool] = MappingProxyType({}),
    strangers: Future[Strangers] | None = None,
) -> Matches:
    """Block, compare, learn, decide. `decided` is what people said about pairs, the smaller record first.

    `strangers`, where somebody is at them already. PostgreSQL finds pairs while this process compares others.
    """
    records = len(known.people)
    if records < 2 or known.split in (0, records):
        return Matches([], prior_weights(records, 1.0), frequencies(known.people), 0)
    told("Storing keys", 0.0)
    met = asyncio.to_thread(meet_strangers, known) if strangers is None else asyncio.wrap_future(strangers)
    seen, blocks = await asyncio.gather(met, _blocked(connection, known))
    kept: list[Pairs] = []
    compared = 0
    async for done, left, right in _ahead(pages_of_pairs(connection, blocks, records, known.split)):
        told("Comparing", done / (known.split or records))
        kept.append(await asyncio.to_thread(_worth_keeping, known.people, left, right, seen))
        compared += len(left)
    told("Learning", 0.0)
    lesson = _lesson(known, joined(kept), seen.random, decided)
    return await asyncio.to_thread(_learned, lesson, seen, known.split, compared, told)


def _learned(lesson: Lesson, seen: Strangers, split: int | None, compared: int, told: Told) -> Matches:
    weights = learn(lesson, seen.frequent, seen.weights)
    told("Learning", 0.5)
    frequent = frequencies(lesson.people, _person_of(lesson, seen.frequent, weights))
    weights = learn(lesson, frequent, weights)
    told("Deciding", 0.0)
    return Matches(_decided(lesson, frequent, weights, split), weights, frequent, compared)


async def _blocked(connection: Connection, known: Known) -> Blocks:
    await store_keys(connection, np.array(known.keys, np.int64), np.array(known.key_of, np.int32))
    return await choose_blocks(connection, len(known.people), known.split)


async def _ahead(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Each page while the next one is being fetched."""
    coming = asyncio.ensure_future(anext(pages, None))
    try:
        while (page := await coming) is not None:
            coming = asyncio.ensure_future(anext(pages, None))
            yield page
    finally:
        coming.cancel()


def meet_strangers(known: Known) -> Strangers:
    """Before any pair is worth a look: how frequent each value is, and what random pairs have in common."""
    people, frequent, random = known.people, frequencies(known.people), _random_pairs(known)
    nobody = Pairs(random.left[:0], random.right[:0], random.grades[:0])
    first = prior_weights(len(people), known.pairs)
    weights = strangers_of(Lesson(people, nobody, random, known.pairs), frequent, first)
    return Strangers(frequent, random, weights)


def _lesson(known: Known, candidates: Pairs, random: Pairs, decided: Mapping[Pair, bool]) -> Lesson:
    """The pairs that people decided about are looked at as well, whether or not they share a key."""
    if not decided:
        return Lesson(known.people, candidates, random, known.pairs)
    left, right = (np.array(side, np.int32) for side in zip(*decided, strict=True))
    at = {
        pair: place for place, pair in enumerate(zip(candidates.left.tolist(), candidates.right.tolist(), strict=True))
    }
    new = np.array([pair not in at for pair in decided])
    more = joined([candidates, compare(known.people, left[new], right[new])])
    at = {pair: place for place, pair in enumerate(zip(more.left.tolist(), more.right.tolist(), strict=True))}
    return Lesson(known.people, more, random, known.pairs, {at[pair]: float(same) for pair, same in decided.items()})


def _random_pairs(known: Known) -> Pairs:
    numbers = np.random.default_rng(SEED)
    records = len(known.people)
    many = int(min(RANDOM_PAIRS, known.pairs * 2))
    if known.split is not None:
        left = numbers.integers(0, max(known.split, 1), many, np.int32)
        right = numbers.integers(known.split, max(records, known.split + 1), many, np.int32)
    else:
        left, right = numbers.integers(0, records, many, np.int32), numbers.integers(0, records, many, np.int32)
        left, right = left[left != right], right[left != right]
    return compare(known.people, left, right)


def _worth_keeping(people: People, left: Codes, right: Codes, seen: Strangers) -> Pairs:
    """Pairs that might be anything but strangers; the others teach nothing and match nobody."""
    parts = []
    for start in range(0, len(left), PAGE):
        pairs = compare(people, left[start : start + PAGE], right[start : start + PAGE])
        parts.append(pairs.chosen(judge(pairs, people, seen.frequent, seen.weights).kinds.max(axis=1) > WORTH_KEEPING))
    return joined(parts)


def _person_of(lesson: Lesson, frequent: Frequencies, weights: Weights) -> Codes:
    probability = judge(lesson.candidates, lesson.people, frequent, weights).probability
    person = np.arange(len(lesson.people), dtype=np.int32)
    for chain in chains(Scored(lesson.candidates.left, lesson.candidates.right, probability)):
        person[chain] = chain[0]
    return person


def _decided(lesson: Lesson, frequent: Frequencies, weights: Weights, split: int | None) -> list[tuple[Pair, float]]:
    candidates = lesson.candidates
    probability = judge(candidates, lesson.people, frequent, weights).probability
    scored = Scored(candidates.left, candidates.right, probability)
    if split is not None:
        return partners(scored)
    linked = chains(scored)
    scored = within(scored, linked, len(lesson.people))
    missing = missing_pairs(scored, linked)
    if missing:
        left, right = (np.array(side, np.int32) for side in zip(*missing, strict=True))
        more = compare(lesson.people, left, right)
        added = judge(more, lesson.people, frequent, weights).probability
        scored = Scored(
            np.concatenate([scored.left, left]),
            np.concatenate([scored.right, right]),
            np.concatenate([scored.probability, added]),
        )
    return _pairs_within(groups(scored, linked), scored)


def _pairs_within(of: list[list[int]], scored: Scored) -> list[tuple[Pair, float]]:
    """Each pair of a group; one that is only right through others has the probability at which a match begins."""
    known = dict(
        zip(zip(scored.left.tolist(), scored.right.tolist(), strict=True), scored.probability.tolist(), strict=True)
    )
    return [(pair, max(known.get(pair, 0.0), MATCH)) for group in of for pair in combinations(group, 2)]
