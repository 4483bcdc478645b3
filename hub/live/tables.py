"""Changes on their way into the feed, and the feed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class ChangePending(Table):
    """A change committed with its business transaction and not yet numbered; `id` says nothing about commit order."""

    __tablename__ = "change_pending"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    topic: Mapped[str]
    object_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]


class ChangeFeed(Table):
    """A numbered change. `position` has no gaps and grows in the order in which readers can see the rows."""

    __tablename__ = "change_feed"
    __table_args__ = (Index("ix_change_feed_object", "topic", "object_id", "position"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    topic: Mapped[str]
    object_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]


class FeedTail(Table):
    """One row: the last position that retention removed; the feed holds every position after it.

    Its row lock is the sequencer's turn. The head is *not* kept here: a row updated on every turn grows a chain of dead
    versions behind any long transaction, and each turn would walk it. `generation`: see hub.live.generation.
    """

    __tablename__ = "feed_tail"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    generation: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
