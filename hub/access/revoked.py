"""Tokens that were ended before their time, as a process knows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.access.principal import Principal
from hub.errors import Unauthorised


@dataclass(frozen=True, slots=True)
class Revocation:
    """One token by its `jti`, or all of a subject that were issued before a time."""

    token_id: str | None
    subject: str | None
    issued_before: datetime | None


class Revoked:
    """Looked at with every request: two look-ups in memory. Whoever follows the list in the store fills it."""

    def __init__(self) -> None:
        self._tokens: frozenset[str] = frozenset()
        self._subjects: dict[str, datetime] = {}

    def replace(self, entries: Iterable[Revocation]) -> None:
        """The whole list anew; of several for one subject the latest time counts."""
        tokens: set[str] = set()
        subjects: dict[str, datetime] = {}
        for entry in entries:
            if entry.token_id is not None:
                tokens.add(entry.token_id)
            if entry.subject is not None and entry.issued_before is not None:
                subjects[entry.subject] = max(entry.issued_before, subjects.get(entry.subject, entry.issued_before))
        self._tokens, self._subjects = frozenset(tokens), subjects

    def holds(self, principal: Principal) -> bool:
        """False for a token that was revoked; one that does not say when it was issued counts as issued long ago."""
        if principal.token_id in self._tokens:
            return False
        before = self._subjects.get(principal.subject)
        return before is None or (principal.issued_at is not None and principal.issued_at >= before)

    def check(self, principal: Principal) -> None:
        """Raise Unauthorised for a token that was revoked."""
        if not self.holds(principal):
            raise Unauthorised("the token was revoked; log in again")
