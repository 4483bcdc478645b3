"""Business requests as their packages hold them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from hub.customers.belongings import Belonging
from hub.store.metadata import Table


class BusinessRequest(Belonging, Table):
    """A process over time for the customer (TMF701 ProcessFlow)."""

    __tablename__ = "business_request"

    kind: Mapped[str]
    state: Mapped[str]
    number: Mapped[str | None]
    subject: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
