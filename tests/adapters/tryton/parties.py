"""Parties of the tests, made and changed behind the adapter's back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from examples.demo.tryton.rpc import TrytonRpc, create_children
from hub.records.identity import ExternalId
from hub.records.source import JsonObject, SourceObject


def make_parties(rpc: TrytonRpc, count: int) -> list[ExternalId]:
    """In one transaction, so with one stamp; each has one e-mail address and nothing else."""
    medium = {"type": "email", "value": "before@example.org"}
    rows = [
        {"name": f"Party {number}", "contact_mechanisms": create_children(medium)} for number in range(1, count + 1)
    ]
    return [ExternalId(str(made)) for made in cast(list[int], rpc.call("party.party.create", rows))]


def medium_of(rpc: TrytonRpc, party: ExternalId) -> tuple[int, str]:
    """Id and value of the party's only contact mechanism."""
    (row,) = rpc.search_read("party.contact_mechanism", [["party", "=", int(party)]], ["value"])
    return cast(int, row["id"]), cast(str, row["value"])


def children_of(found: SourceObject, key: str) -> Sequence[JsonObject]:
    """A list of the body."""
    assert found.body is not None
    return cast(Sequence[JsonObject], found.body[key])
