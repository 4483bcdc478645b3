"""What the change feed is told of golden customers."""

from __future__ import annotations

from hub.customers.project import Projection
from hub.live.changes import Change


def changes_of(projection: Projection) -> list[Change]:
    """One change per customer; one that was merged away is told under its own id."""
    return [
        *(Change("Customer", str(i), "CustomerCreateEvent") for i in projection.created),
        *(Change("Customer", str(i), "CustomerAttributeValueChangeEvent") for i in projection.changed),
        *(Change("Customer", str(i), "CustomerDeleteEvent") for i in projection.ended),
    ]
