"""What contacts are conducted by: the company's rules, its catalogue, and how customers are recognised and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.recognise import Recognised, Rules
from hub.errors import Invalid
from hub.settings.contact import DEFAULT_CONTACT, ContactRules
from hub.settings.topics import NO_TOPICS, Catalogue, Topic
from hub.store.keys import KeyRing
from hub.yaml.nearest import choices

Follow: TypeAlias = Callable[[AsyncConnection, Recognised, Collection[Node], datetime], Awaitable[None]]
"""Has what customers have follow those of their records that are somebody else's now."""


@dataclass(frozen=True)
class ContactDesk:
    """One per process."""

    recognition: Rules
    keys: KeyRing
    follow: Follow
    rules: ContactRules = DEFAULT_CONTACT
    catalogue: Catalogue = NO_TOPICS

    def topic(self, name: str) -> Topic:
        """Invalid for one that the catalogue does not have."""
        topic = self.catalogue.topics.get(name)
        if topic is None:
            raise Invalid(f"there is no topic {name!r} ({choices(name, self.catalogue.topics)})", ("topic",))
        return topic


@dataclass(frozen=True, slots=True)
class Conductor:
    """Who acts in a contact: the token's subject; `agent` is he as well where he is a person of the company."""

    subject: str
    agent: str | None = None
    customer: bool = False
    """The customer himself, in a channel without a person between."""
