"""What contacts are conducted by: the company's rules, its catalogue, and how customers are recognised and kept."""

from __future__ import annotations

from dataclasses import dataclass

from hub.customers.recognise import Rules
from hub.settings.contact import DEFAULT_CONTACT, ContactRules
from hub.store.keys import KeyRing


@dataclass(frozen=True)
class ContactDesk:
    """One per process."""

    recognition: Rules
    keys: KeyRing
    rules: ContactRules = DEFAULT_CONTACT


@dataclass(frozen=True, slots=True)
class Conductor:
    """Who acts in a contact: the token's subject; `agent` is he as well where he is a person of the company."""

    subject: str
    agent: str | None = None
    customer: bool = False
    """The customer himself, in a channel without a person between."""
