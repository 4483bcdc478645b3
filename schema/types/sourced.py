"""The interface of everything that tells where it came from."""

from __future__ import annotations

from datetime import datetime

import strawberry


@strawberry.interface(description="A part of a view that tells where it came from and how old the statement is.")
class Sourced:
    """Implemented by every part of a customer's view."""

    source: str = strawberry.field(description="Name of the system that says so.")
    as_of: datetime = strawberry.field(description="The source's own time of this statement, in UTC.")
