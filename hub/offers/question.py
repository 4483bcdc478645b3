"""What a channel asks when it asks for next best actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.errors import Invalid
from hub.records.source import JsonObject

LIMIT_MAX: Final = 50
"""More than a person looks at, and a bound of what one decision keeps."""

TEXT_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Question:
    """For which channel and session; `reason` is the contact reason."""

    channel: str
    limit: int
    session: UUID | None = None
    reason: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.limit <= LIMIT_MAX:
            raise Invalid(f"limit must be from 1 to {LIMIT_MAX}", ("limit",))
        for name, given in (("channel", self.channel), ("reason", self.reason), ("language", self.language)):
            if given is not None and not 0 < len(given) <= TEXT_MAX:
                raise Invalid(f"{name} must have 1 to {TEXT_MAX} characters", (name,))

    def seen(self) -> JsonObject:
        """The session as conditions see it."""
        session = None if self.session is None else str(self.session)
        return {"id": session, "channel": self.channel, "reason": self.reason}
