"""The comparisons and their grades: what may be seen between two persons, and what experience expects of it.

`same` is how often each grade is seen between two records of one person, `other` between two different persons. They
are the prior of learning: a large file overrules them, a tiny one leans on them. Grades stand from the most to the
least telling and learning keeps them so; grade 0 is "not known on one side", which speaks neither for nor against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Comparison:
    """`grades` by name, the first being equality; `ordered` are those whose evidence must fall from one to the next.

    `frequent` says that a rare value in common is worth more than a frequent one. Of one person's records no more than
    `differing` are different, whatever the data seem to teach: else what was learned is another kind of pair.
    """

    name: str
    grades: tuple[str, ...]
    same: tuple[float, ...]
    other: tuple[float, ...]
    ordered: tuple[str, ...]
    frequent: bool = True
    differing: float = 0.8

    def grade(self, name: str) -> int:
        """The number of a grade; 0 is kept for the unknown."""
        return self.grades.index(name) + 1


COMPARISONS: Final = (
    Comparison(
        "given",
        ("equal", "close", "variant", "initial", "crossed", "similar", "different"),
        (0.80, 0.06, 0.04, 0.03, 0.01, 0.02, 0.04),
        (0.006, 0.004, 0.006, 0.002, 0.0005, 0.03, 0.95),
        ("equal", "close", "similar", "different"),
        differing=0.12,
    ),
    Comparison(
        "family",
        ("equal", "close", "part", "sound", "crossed", "similar", "different"),
        (0.84, 0.06, 0.02, 0.01, 0.01, 0.02, 0.04),
        (0.001, 0.001, 0.001, 0.001, 0.0005, 0.015, 0.98),
        ("equal", "close", "similar", "different"),
        differing=0.2,
    ),
    Comparison(
        "birth",
        ("equal", "swapped", "close", "two_parts", "near", "different"),
        (0.90, 0.01, 0.045, 0.015, 0.01, 0.02),
        (0.00005, 0.00004, 0.001, 0.003, 0.04, 0.955),
        ("equal", "close", "two_parts", "near", "different"),
        differing=0.2,
    ),
    Comparison(
        "postal",
        ("equal", "close", "area", "different"),
        (0.80, 0.06, 0.04, 0.10),
        (0.001, 0.004, 0.02, 0.975),
        ("equal", "close", "area", "different"),
    ),
    Comparison(
        "locality",
        ("equal", "close", "different"),
        (0.80, 0.06, 0.14),
        (0.01, 0.003, 0.987),
        ("equal", "close", "different"),
    ),
    Comparison("region", ("equal", "different"), (0.92, 0.08), (0.2, 0.8), ("equal", "different")),
    Comparison(
        "street",
        ("equal", "close", "part", "crossed", "different"),
        (0.74, 0.08, 0.03, 0.01, 0.14),
        (0.002, 0.002, 0.01, 0.0002, 0.986),
        ("equal", "close", "part", "different"),
    ),
    Comparison(
        "house",
        ("equal", "close", "different"),
        (0.80, 0.06, 0.14),
        (0.012, 0.05, 0.938),
        ("equal", "close", "different"),
    ),
    Comparison(
        "unit",
        ("equal", "close", "different"),
        (0.78, 0.06, 0.16),
        (0.03, 0.03, 0.94),
        ("equal", "close", "different"),
    ),
    Comparison(
        "email",
        ("equal", "local_part", "close", "different"),
        (0.68, 0.08, 0.06, 0.18),
        (0.00005, 0.0002, 0.0005, 0.99925),
        ("equal", "local_part", "close", "different"),
    ),
    Comparison(
        "phone",
        ("equal", "close", "different"),
        (0.66, 0.06, 0.28),
        (0.00005, 0.0001, 0.99985),
        ("equal", "close", "different"),
    ),
)
BY_NAME: Final = {comparison.name: comparison for comparison in COMPARISONS}
