"""What the law wants kept of a person who is erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from hub.records.identity import Entity
from hub.settings.written import Written
from hub.yaml.nearest import choices

_BELONGINGS: Final = tuple(entity.value for entity in Entity if entity is not Entity.CUSTOMER)


def _belonging(name: object) -> object:
    if name not in _BELONGINGS:
        hint = {"name": str(name), "allowed": choices(str(name), _BELONGINGS)}
        raise PydanticCustomError("retention", "{name} is nothing that can be retained", hint)
    return name


class PrivacyRules(Written):
    """Legal retention of belongings; a customer himself is never retained."""

    retention_days: Mapping[Annotated[str, BeforeValidator(_belonging)], Annotated[int, Field(ge=1, le=36_500)]] = (
        Field({}, description="By entity: days since its last statement during which it survives an erasure, nameless.")
    )


DEFAULT_PRIVACY: Final = PrivacyRules()
