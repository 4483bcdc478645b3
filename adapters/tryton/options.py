"""What hub.yaml says about one Tryton."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from adapters.tryton.entities import ENTITIES
from hub.records.identity import Entity


def _held(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    foreign = [entity.value for entity in entities if entity not in ENTITIES]
    if foreign:
        raise ValueError(f"Tryton holds no {', '.join(foreign)}; it holds {', '.join(ENTITIES)}")
    return entities


class TrytonOptions(BaseModel):
    """The `options:` of a system with `adapter: tryton`.

    The user needs the rights that `hub check` lists. Give the hub a user of its own: five failed logins lock that
    user out for five minutes, also with the right password, and the hub's changes then carry its name in Tryton.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[AnyHttpUrl, Field(description="Base address, for example http://127.0.0.1:8000/")]
    database: Annotated[str, Field(min_length=1, pattern=r"^[^/?#\s]+$")]
    user: Annotated[str, Field(min_length=1, pattern=r"^[^:]+$", description="Login name, without a colon")]
    password: SecretStr
    entities: Annotated[
        tuple[Entity, ...],
        Field(min_length=1, description="What this Tryton is used for; `hub check` asks for the rights on these only"),
        AfterValidator(_held),
    ] = tuple(ENTITIES)
    relations: Annotated[
        bool,
        Field(description="Whether customers are read with their relations; takes the module `party_relationship`"),
    ] = False
    page_rows: Annotated[
        int, Field(ge=1, le=2000, description="Most parents read in one call; nested pages of 500 measured fastest")
    ] = 500
    horizon_s: Annotated[
        float,
        Field(
            ge=0,
            description="Seconds behind a run's start that the stored mark stays: transactions in flight then may "
            "still commit rows stamped before it",
        ),
    ] = 30.0
