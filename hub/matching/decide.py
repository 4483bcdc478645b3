"""From probabilities of pairs to who is who: groups that agree within themselves, or one partner per record."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

import numpy as np

from hub.matching.columns import Codes
from hub.matching.weights import Column

Pair: TypeAlias = tuple[int, int]

MATCH: Final = 0.5
"""From here on a match is likelier than not; what maximises F1 when probabilities are true."""
GROUP_MAX: Final = 60
"""Chains longer than this are cut at their weakest links without looking at the pairs that nobody compared."""
SURE: Final = 12.0
_PARTNERS_SURE: Final = 0.9
_MANY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Scored:
    """Compared pairs; `left[i] < right[i]`, each pair once."""

    left: Codes
    right: Codes
    probability: Column

    def odds(self) -> dict[Pair, float]:
        """The logarithm of each pair's odds, no surer than SURE either way."""
        inside = np.clip(self.probability, 1e-9, 1 - 1e-9)
        logs = np.clip(np.log(inside / (1 - inside)), -SURE, SURE).tolist()
        return dict(zip(zip(self.left.tolist(), self.right.tolist(), strict=True), logs, strict=True))


def chains(scored: Scored) -> list[list[int]]:
    """Records that hang together by likely pairs, directly or through others; ordered, two or more in each."""
    parent: dict[int, int] = {}

    def root(record: int) -> int:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    likely = scored.probability >= MATCH
    for left, right in zip(scored.left[likely].tolist(), scored.right[likely].tolist(), strict=True):
        parent[root(right)] = root(left)
    members: dict[int, list[int]] = defaultdict(list)
    for record in sorted(parent):
        members[root(record)].append(record)
    return list(members.values())


def within(scored: Scored, of: list[list[int]], records: int) -> Scored:
    """The pairs inside chains, hardly any of all that were compared; nothing else can decide about them."""
    chain = np.full(records, -1, np.int32)
    for number, members in enumerate(of):
        chain[members] = number
    inside = (chain[scored.left] == chain[scored.right]) & (chain[scored.left] >= 0)
    return Scored(scored.left[inside], scored.right[inside], scored.probability[inside])


def missing_pairs(scored: Scored, of: list[list[int]]) -> list[Pair]:
    """Pairs within chains that were not compared yet: their word is wanted before anybody is joined through others."""
    known = set(zip(scored.left.tolist(), scored.right.tolist(), strict=True))
    return [pair for chain in of if 2 < len(chain) <= GROUP_MAX for pair in combinations(chain, 2) if pair not in known]


def groups(scored: Scored, of: list[list[int]]) -> list[list[int]]:
    """Join the likeliest first, two groups only when the pairs across them are in favour on the whole."""
    odds = scored.odds()
    result: list[list[int]] = []
    for chain in of:
        result += _agreeing(chain, odds)
    return result


def _agreeing(chain: list[int], odds: dict[Pair, float]) -> list[list[int]]:
    if len(chain) == 2:
        return [chain]
    group = {record: [record] for record in chain}
    links = sorted((pair for pair in _within(chain, odds) if odds[pair] >= 0.0), key=lambda pair: (-odds[pair], pair))
    for left, right in links:
        ours, theirs = group[left], group[right]
        if ours is theirs:
            continue
        across = [odds.get((min(a, b), max(a, b)), -SURE) for a in ours for b in theirs]
        if sum(across) > 0.0:
            ours += theirs
            for record in theirs:
                group[record] = ours
    unique = {id(members): sorted(members) for members in group.values()}
    return [members for members in unique.values() if len(members) > 1]


def _within(chain: list[int], odds: dict[Pair, float]) -> list[Pair]:
    if len(chain) <= GROUP_MAX:
        return [pair for pair in combinations(chain, 2) if pair in odds]
    members = set(chain)
    return [pair for pair in odds if pair[0] in members and pair[1] in members]


def partners(scored: Scored) -> list[tuple[Pair, float]]:
    """Likely pairs between two files. Where hardly any record has two sure partners, each keeps his best one only."""
    likely = scored.probability >= MATCH
    ranked = sorted(
        zip(scored.left[likely].tolist(), scored.right[likely].tolist(), scored.probability[likely], strict=True),
        key=lambda row: (-row[2], row[0], row[1]),
    )
    sure = Counter(record for left, right, p in ranked if p >= _PARTNERS_SURE for record in (left, right))
    if sum(count > 1 for count in sure.values()) > _MANY * max(len(sure), 1):
        return [((left, right), float(p)) for left, right, p in ranked]
    taken: set[int] = set()
    chosen = []
    for left, right, p in ranked:
        if left not in taken and right not in taken:
            taken |= {left, right}
            chosen.append(((left, right), float(p)))
    return chosen
