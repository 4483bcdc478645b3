"""Documents that are made to cost more than they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise


def nested(levels: int) -> str:
    inside = "{ id }"
    for _ in range(levels):
        inside = "{ leads { edges { node { customer " + inside + " } } } }"
    return '{ customer(by: {email: "a@example.nl"}) ' + inside + " }"


def doubling(fragments: int) -> str:
    """Each fragment spreads the next one twice: 2^n fields."""
    names = [f"F{n}" for n in range(fragments)]
    spread = [f"fragment {a} on Viewer {{ ...{b} ...{b} }}" for a, b in pairwise(names)]
    return "\n".join(["{ viewer { ...F0 } }", *spread, f"fragment {names[-1]} on Viewer {{ subject }}"])


def cycle(fragments: int) -> str:
    """Each fragment spreads the next, the last one the first."""
    spread = [f"fragment C{n} on Viewer {{ subject ...C{(n + 1) % fragments} }}" for n in range(fragments)]
    return "\n".join(["{ viewer { ...C0 } }", *spread])


def overlapping(count: int) -> str:
    """Fields of one name with other arguments, which validation compares pair by pair."""
    return "{ " + " ".join(f"customers(first: {n + 1}) {{ totalCount }}" for n in range(count)) + " }"


def another(number: int) -> str:
    """A good document that was never seen before, with a plan of its own: it takes a place in every cache."""
    names = " ".join(f"a{number}x{n}: name" for n in range(20))
    return f"{{ c{number}: customers(first: 5) {{ edges {{ node {{ id {names} }} }} }} }}"


def another_long(number: int) -> str:
    """As `another`, padded to nearly the longest that is read."""
    return another(number).ljust(99_000, "#")


BY = "query($by: CustomerBy!) { customer(by: $by) { id } }"
IDS = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


def huge_variables(number: int) -> tuple[str, dict[str, object]]:
    """Just below what a body (1 MB) or the variables of a query (1,000 values) may have, or beyond; always others."""
    email = f"{number}" + "x" * 900_000
    sorts: tuple[tuple[str, dict[str, object]], ...] = (
        (BY, {"by": {"email": email}}),
        ("query($f: CustomerFilter) { customers(filter: $f) { totalCount } }", {"f": {"nameStartsWith": email}}),
        (IDS, {"ids": [f"{number}-{n}" for n in range(19_000)]}),
        (IDS, {"ids": [f"{number}-{n}".ljust(900, "x") for n in range(950)]}),
        ("{ viewer { subject } }", {f"v{number}x{n}": "x" * 30 for n in range(19_000)}),
    )
    return sorts[number % len(sorts)]


DOCUMENTS: Mapping[str, str] = {
    "deep": nested(6),
    "deeper": nested(400),
    "deepest": "{" * 50_000,
    "lists in lists": "query($a: [[[[Int]]]] = " + "[" * 2_000 + "]" * 2_000 + ") { viewer { subject } }",
    "wide": "{ viewer { " + "subject " * 3_500 + "} }",
    "aliased": "{ " + " ".join(f"a{n}: customers {{ totalCount }}" for n in range(400)) + " }",
    "costly": "{ customers(first: 100) { edges { node { orders(first: 100) { edges { node { lines { product } } } } "
    "requests(first: 100) { edges { node { tasks { name } } } } } } } }",
    "doubling": doubling(100),
    "cycle": cycle(100),
    "self": "{ viewer { ...A } } fragment A on Viewer { ...A }",
    "directives": "{ viewer { subject " + "@skip(if: false) " * 700 + "} }",
    "unknown directives": "{ viewer { subject " + " ".join(f"@d{n}" for n in range(1_500)) + " } }",
    "many variables": "query(" + " ".join(f"$v{n}: Int" for n in range(1_000)) + ") { viewer { subject } }",
    "operations": " ".join(f"query Q{n} {{ viewer {{ subject }} }}" for n in range(500)),
    "overlapping": overlapping(500),
    "introspection": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "a long name": "{ " + "a" * 900_000 + " }",
    "a long string": '{ customer(by: {email: "' + "x" * 900_000 + '"}) { id } }',
    "block strings": '{ customer(by: {email: """' + "\\n \\t" * 100_000 + '"""}) { id } }',
}


KINDS: Mapping[str, Sequence[str]] = {
    "deep": ("deep", "deeper", "deepest", "lists in lists"),
    "wide": ("wide", "overlapping", "many variables", "operations"),
    "aliased": ("aliased",),
    "fragment cycles": ("cycle", "self", "doubling"),
    "costly": ("costly", "directives", "unknown directives", "introspection"),
    "long": ("a long name", "a long string", "block strings"),
}
"""What each of them is made of too much of."""
