"""Catalogues, views and pasts without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from hub.customers.consent import Statement
from hub.customers.consent_read import Consents
from hub.customers.identifiers import Node
from hub.offers.arbitrate import Candidate, Known, Occasion, arbitrate
from hub.offers.catalogue import Catalogue, compile_catalogue
from hub.offers.policy import PastContact
from hub.records.enums import ConsentStatus
from hub.records.offers import ContactEventKind
from hub.settings.find_offers import load_offers
from hub.settings.offers import OffersDocument

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA: Final = UUID("8f14e45f-ceea-467f-9575-3ad7d0a2e3c1")
FILE: Final = Path(__file__).with_name("catalogue.yaml")

GRANTED: Final = Consents(
    [Statement(uuid4(), Node("crm", "1"), "marketing", None, ConsentStatus.GRANTED, NOW - timedelta(days=9))], []
)

VIEW: Final[dict[str, Any]] = {
    "customer": {"kind": "PERSON", "status": "gold", "language": "nl", "age": 46},
    "segments": ["families"],
    "productHoldings": [{"product": "Fibre"}],
    "orders": [],
    "requests": [{"kind": "COMPLAINT", "state": "COMPLETED", "running": False}],
    "leads": [],
    "campaignMemberships": [],
    "events": [],
    "session": {"id": None, "channel": "web", "reason": None},
}


@cache
def _loaded() -> OffersDocument:
    loaded, findings = load_offers(FILE)
    assert loaded is not None, findings
    return loaded


def document(**changed: Any) -> OffersDocument:
    """The catalogue of the tests with other values at the top."""
    return OffersDocument.model_validate(_loaded().model_dump() | changed)


def catalogue(**changed: Any) -> Catalogue:
    return compile_catalogue(document(**changed))


def occasion(channel: str = "web", limit: int = 10, **given: Any) -> Occasion:
    return replace(Occasion(ANNA, channel, NOW, limit), **given)


def contact(kind: ContactEventKind, days: float, proposition: str = "tv-complete", channel: str = "web") -> PastContact:
    """An event so many days ago about a proposition of the tests' catalogue."""
    about = document().propositions[proposition]
    return PastContact(kind, NOW - timedelta(days=days), channel, proposition, about.group, about.issue)


def judged(known: Known, at: Occasion | None = None, **changed: Any) -> dict[str, Candidate]:
    """Every candidate by its name."""
    found = arbitrate(catalogue(**changed), known, at or occasion())
    return {one.proposition.name: one for one in found}
