"""The two fields by which a gateway asks a subgraph (Apollo Federation 2, subgraph specification)."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Final, NewType, cast

import strawberry
from strawberry.relay import GlobalID, GlobalIDValueError, Node

from hub.errors import Forbidden, Invalid, NotFound
from schema.authorise import ANYBODY, Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.queries.node import IDS_AT_MOST, NODES, find_node
from schema.subgraph import as_subgraph

Representation = NewType("Representation", object)

REPRESENTATION: Final = strawberry.scalar(
    name="_Any",
    description="A reference to an entity: its type in `__typename` and its global `id`.",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)

if TYPE_CHECKING:
    Entity = Node
else:
    Entity = Annotated[
        reduce(or_, NODES), strawberry.union("_Entity", description="What other subgraphs may refer to by its id.")
    ]


@strawberry.type(name="_Service", description="This subgraph, as a gateway composes it.")
class Service:
    """Asked once, when a supergraph is composed."""

    sdl: str = strawberry.field(description="The schema with the keys of its entities.")


@strawberry.type
class EntitiesQuery:
    """Mixed into Query."""

    @resolved("The schema for the composition of a supergraph.", Requires(Scope.SYSTEMS_READ), name="_service")
    def service(self, info: Info) -> Service:
        """What `hub schema export --subgraph` writes, for whom introspection would tell the same."""
        if not info.context.may_introspect():
            info.context.denies("Query._service")
            raise Forbidden("your role may not ask about the schema")
        return Service(sdl=as_subgraph(info.schema.as_str()))

    @resolved(
        "Entities by their references, in that order; null with an error where there is none.",
        ANYBODY,
        name="_entities",
    )
    async def entities(
        self,
        info: Info,
        representations: Annotated[list[Representation], strawberry.argument(description="References, at most 100.")],
    ) -> list[Entity | None]:
        """As `nodes`, with the scope of each type."""
        if len(representations) > IDS_AT_MOST:
            raise Invalid(f"at most {IDS_AT_MOST} representations at once", ("representations",))
        found = await asyncio.gather(*(_entity(info, each) for each in representations), return_exceptions=True)
        return cast("list[Entity | None]", found)


async def _entity(info: Info, representation: object) -> Node:
    given = representation if isinstance(representation, dict) else {}
    type_name, text = given.get("__typename"), given.get("id")
    try:
        identity = GlobalID.from_id(str(text))
    except GlobalIDValueError:
        raise Invalid("a representation has `__typename` and a global `id`", ("representations",)) from None
    found = await find_node(info, identity) if identity.type_name == type_name else None
    if found is None:
        raise NotFound("there is no such object")
    return found
