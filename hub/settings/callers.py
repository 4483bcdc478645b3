"""How much one caller may ask of the API, and whether he may ask how it is made, by his role."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from hub.settings.written import Written

_Rate = Annotated[float, Field(gt=0, le=1_000_000)]
_Count = Annotated[int, Field(ge=1, le=1_000_000)]


class CallerLimits(Written):
    """What is left out is the role's own default."""

    requests_per_second: _Rate | None = Field(
        None, description="In the long run, over all processes; beyond it 429 and RATE_LIMITED."
    )
    burst: _Count | None = Field(None, description="Requests that may come at once after a rest.")
    at_once: _Count | None = Field(None, description="Queries and mutations under way at a time, in one process.")
    subscriptions: _Count | None = Field(None, description="Open subscriptions, in one process.")
    cost: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        None, description="Largest cost of one operation, as `extensions.cost` tells it in development."
    )
    introspection: bool | None = Field(
        None, description="Whether the schema answers about itself, and a misspelt name with the ones that are near."
    )

    def over(self, defaults: CallerLimits) -> CallerLimits:
        """With the defaults where nothing is written."""
        return defaults.model_copy(update=self.model_dump(exclude_none=True))


def _defaults(rate: float, burst: int, at_once: int, subscriptions: int, cost: int) -> CallerLimits:
    return CallerLimits(
        requests_per_second=rate,
        burst=burst,
        at_once=at_once,
        subscriptions=subscriptions,
        cost=cost,
        introspection=False,
    )


_PERSON: Final = _defaults(10, 60, 10, 20, 10_000)
_EMPLOYEE: Final = _defaults(100, 500, 30, 200, 50_000)
_KEEPER: Final = _EMPLOYEE.model_copy(update={"introspection": True})
"""Who may see the systems is answered the whole schema by `_service` anyway."""

_APPLICATION: Final = _defaults(2_000, 5_000, 500, 5_000, 100_000)
"""A web shop's server asks for all its visitors under one subject."""

_BY_ROLE: Final = {
    "customer": _PERSON,
    "frontend": _APPLICATION,
    "agent": _EMPLOYEE,
    "supervisor": _EMPLOYEE,
    "steward": _KEEPER,
    "architect": _KEEPER,
    "system": _APPLICATION,
}

_AS_DEFAULT: Final = CallerLimits()


class Callers(Written):
    """By role; whoever has several has the largest of each."""

    customer: CallerLimits = Field(_AS_DEFAULT, description="A person: 10 a second, 60 at once after a rest.")
    frontend: CallerLimits = Field(_AS_DEFAULT, description="A channel's server: 2,000 a second, burst 5,000.")
    agent: CallerLimits = Field(_AS_DEFAULT, description="An employee: 100 a second, burst 500.")
    supervisor: CallerLimits = Field(_AS_DEFAULT, description="As an agent.")
    steward: CallerLimits = Field(_AS_DEFAULT, description="As an agent, with introspection.")
    architect: CallerLimits = Field(_AS_DEFAULT, description="As a steward.")
    system: CallerLimits = Field(_AS_DEFAULT, description="A package: as a frontend.")

    def of(self, role: str) -> CallerLimits:
        """With nothing left out."""
        written: CallerLimits = getattr(self, role)
        return written.over(_BY_ROLE[role])


DEFAULT_CALLERS: Final = Callers()
