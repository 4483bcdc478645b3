"""What a contract costs: understand() over pages of 500 objects that fit, with it and without.

`python -m benchmarks.contract` prints the median of interleaved rounds and their ratio.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from hub.flows.incoming import understand
from hub.mapping.compile import load_mapping
from hub.mapping.contract.compile import compile_contract
from hub.mapping.contract.learn import learned_contract
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject
from hub.yaml.nodes import parse_yaml

MAPPING = Path(__file__).parents[1] / "adapters" / "memory" / "mappings" / "customer.yaml"
OBJECTS, ROUNDS = 500, 60


def body(number: int) -> JsonObject:
    """A customer with two ways to reach him and an address."""
    return {
        "name": f"Customer {number}",
        "given_name": "Customer",
        "family_name": str(number),
        "language": "nl",
        "birth_date": "1980-02-29",
        "customer_number": f"N{number}",
        "contact_media": [
            {"external_id": "m1", "kind": "EMAIL", "value": f"c{number}@example.com"},
            {"external_id": "m2", "kind": "PHONE", "value": "+31612345678"},
        ],
        "addresses": [{"external_id": "a1", "street": "Kerkstraat", "house_number": "12", "country": "NL"}],
    }


def seconds(objects: list[SourceObject], mapping: RecordMapping) -> float:
    """For one page."""
    began = perf_counter()
    incoming = understand(objects, (), mapping)
    took = perf_counter() - began
    if len(incoming.contents) != OBJECTS or incoming.drifts:
        raise AssertionError("the objects must all fit")
    return took


def main() -> None:
    """Measure and print."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    bodies = [body(number) for number in range(OBJECTS)]
    objects = [SourceObject(Entity.CUSTOMER, ExternalId(str(n)), b, now, now) for n, b in enumerate(bodies)]
    plain = load_mapping(MAPPING)
    node, _ = parse_yaml(learned_contract("crm", "customer", bodies), "learned.yaml")
    agreed = replace(plain, contract=compile_contract(node))
    without, with_it = [], []
    for _ in range(ROUNDS):
        without.append(seconds(objects, plain))
        with_it.append(seconds(objects, agreed))
    a, b = median(without), median(with_it)
    print(f"without {a / OBJECTS * 1e6:.1f} us an object, with {b / OBJECTS * 1e6:.1f} us, ratio {b / a:.3f}")


if __name__ == "__main__":
    main()
