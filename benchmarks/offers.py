"""What a ranking costs: 200 propositions with 3 conditions each, all different, over one customer's view.

`python -m benchmarks.offers` prints the median of `arbitrate` beside that of only evaluating the same 600 conditions
with the JMESPath library's interpreter, in interleaved rounds; processor time, so that a busy machine tells the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from uuid import UUID

import jmespath
from jmespath.parser import ParsedResult

from hub.customers.consent import Statement
from hub.customers.consent_read import Consents
from hub.customers.identifiers import Node
from hub.offers.arbitrate import Known, Occasion, arbitrate
from hub.offers.catalogue import Catalogue, compile_catalogue
from hub.offers.policy import PastContact
from hub.records.enums import ConsentStatus
from hub.records.offers import ContactEventKind
from hub.records.source import JsonObject
from hub.settings.offers import OffersDocument

PROPOSITIONS, ROUNDS = 200, 300
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def proposition(number: int) -> dict[str, object]:
    """Three conditions that no other has: a comparison, a look into the holdings, one into requests or segments."""
    last = (
        f"!(requests[?kind == 'COMPLAINT' && subject == 'P{number}' && running])"
        if number % 2
        else f"!contains(segments, 's{number}') && customer.status != 'x{number}'"
    )
    return {
        "name": f"Proposition {number}",
        "issue": "grow",
        "group": f"g{number % 20}",
        "value": number,
        "propensity": 0.1,
        "eligible": f"customer.kind == 'PERSON' && customer.age >= `18` && customer.age < `{99 + number}`",
        "applicable": f"length(productHoldings[?product == 'P{number}']) == `0`",
        "suitable": last,
        "context": [{"when": "session.reason == 'FIBRE'", "weight": 20}],
        "treatments": {name: {"content": {"web": {"nl": {"title": name}}}} for name in ("a", "b")},
    }


def catalogue() -> tuple[Catalogue, list[ParsedResult]]:
    """The compiled catalogue, and its 600 conditions for the interpreter."""
    written = {f"p{number}": proposition(number) for number in range(PROPOSITIONS)}
    groups: dict[str, object] = {f"g{number}": {} for number in range(20)}
    policy = {
        "limits": [{"at_most": 50, "days": 30}, {"at_most": 3, "days": 30, "per": "PROPOSITION"}],
        "suppress": [{"after": "REJECTED", "days": 90}, {"after": "ACCEPTED", "days": 365, "per": "GROUP"}],
    }
    document = OffersDocument.model_validate(
        {"version": "1", "language": "nl", "issues": {"grow": {"groups": groups}}, "propositions": written}
        | {"policy": policy}
    )
    texts = [str(one[gate]) for one in written.values() for gate in ("eligible", "applicable", "suitable")]
    return compile_catalogue(document), [jmespath.compile(text) for text in texts]


VIEW: JsonObject = {
    "customer": {"kind": "PERSON", "status": "gold", "language": "nl", "age": 46},
    "segments": [f"segment {number}" for number in range(8)],
    "productHoldings": [{"product": f"Q{number}"} for number in range(6)],
    "requests": [{"kind": "SERVICE", "subject": f"S{number}", "running": number < 2} for number in range(5)],
    "session": {"channel": "web", "reason": "FIBRE"},
}


def known() -> Known:
    """A customer with consent and 40 contacts behind him."""
    stated = NOW - timedelta(days=1)
    granted = [Statement(UUID(int=1), Node("crm", "1"), "marketing", None, ConsentStatus.GRANTED, stated)]
    past = [
        PastContact(ContactEventKind.SHOWN, NOW - timedelta(days=n), "web", f"p{n}", f"g{n % 20}", "grow")
        for n in range(40)
    ]
    return Known(VIEW, Consents(granted, []), past)


def main() -> None:
    """Measure and print."""
    compiled, interpreted = catalogue()
    customer, ranked_in, interpreted_in = known(), [], []
    for number in range(ROUNDS):
        began = process_time()
        found = arbitrate(compiled, customer, Occasion(UUID(int=number), "web", NOW, 10))
        ranked_in.append(process_time() - began)
        began = process_time()
        held = sum(bool(condition.search(VIEW)) for condition in interpreted)
        interpreted_in.append(process_time() - began)
        if len(found) != PROPOSITIONS or held != 3 * PROPOSITIONS or found[9].rank != 10:
            raise AssertionError("every proposition passes its conditions, and ten are ranked")
    ranked, alone = median(ranked_in) * 1e3, median(interpreted_in) * 1e3
    print(
        f"ranking {PROPOSITIONS} propositions with 3 conditions each: median {ranked:.2f} ms, "
        f"{ROUNDS} rounds; only interpreting their conditions: {alone:.2f} ms; ratio {ranked / alone:.3f}"
    )


if __name__ == "__main__":
    main()
