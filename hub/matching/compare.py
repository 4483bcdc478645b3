"""All comparisons of many pairs at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.matching.columns import Codes, People
from hub.matching.compare_births import compare_births
from hub.matching.compare_names import compare_names
from hub.matching.compare_texts import compare_codes, compare_mails, compare_streets, compare_words
from hub.matching.comparisons import BY_NAME, COMPARISONS
from hub.matching.similarity import Grades

PLACES = {comparison.name: place for place, comparison in enumerate(COMPARISONS)}
EQUAL = 1
LIKE_MAILS = (BY_NAME["email"].grade("local_part"), BY_NAME["email"].grade("close"))
LIKE_NAMES = (EQUAL, BY_NAME["family"].grade("close"))


@dataclass(frozen=True, slots=True)
class Pairs:
    """`grades[i, c]` of comparison c between records `left[i]` and `right[i]`."""

    left: Codes
    right: Codes
    grades: Grades

    def __len__(self) -> int:
        return len(self.left)

    def chosen(self, which: np.typing.NDArray[np.bool_] | np.typing.NDArray[np.intp]) -> Pairs:
        """Those pairs only, by flags or places."""
        return Pairs(self.left[which], self.right[which], self.grades[which])


def compare(people: People, left: Codes, right: Codes) -> Pairs:
    """Grade the pairs. What follows from a greater agreement is left out, for it would count the same thing twice.

    An equal postal code implies locality and region, an equal locality implies the region, and names in common imply
    a mailbox name that is made of them.
    """
    grades = np.zeros((len(left), len(COMPARISONS)), np.uint8)
    if len(left):
        grades[:, PLACES["given"]], grades[:, PLACES["family"]] = compare_names(people, left, right)
        grades[:, PLACES["street"]] = compare_streets(people, left, right)
        grades[:, PLACES["birth"]] = compare_births(people, left, right)
        grades[:, PLACES["email"]] = compare_mails(people, left, right)
        for field in ("locality", "unit"):
            grades[:, PLACES[field]] = compare_words(people, field, left, right)
        for field in ("postal", "region", "house", "phone"):
            grades[:, PLACES[field]] = compare_codes(people, field, left, right)
        postal, locality = grades[:, PLACES["postal"]], grades[:, PLACES["locality"]]
        here = postal == EQUAL
        grades[here | (locality == EQUAL) | (locality == BY_NAME["locality"].grade("close")), PLACES["region"]] = 0
        grades[here, PLACES["locality"]] = 0
        email, family = grades[:, PLACES["email"]], grades[:, PLACES["family"]]
        at = np.flatnonzero(np.isin(email, LIKE_MAILS) & np.isin(family, LIKE_NAMES))
        if len(at):
            email[at[people.named_mails[left[at]] & people.named_mails[right[at]]]] = 0
    return Pairs(left, right, grades)


def joined(parts: list[Pairs]) -> Pairs:
    """One set of pairs out of several."""
    if not parts:
        return Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, len(COMPARISONS)), np.uint8))
    return Pairs(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.grades for part in parts]),
    )
