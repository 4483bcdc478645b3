"""Names of fields and arguments in the schema, found once: strawberry asks for them with every value it is given."""

from __future__ import annotations

from strawberry.schema.name_converter import HasGraphQLName, NameConverter


class KeptNames(NameConverter):
    """Camel case, as strawberry makes it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[str, str | None], str] = {}

    def get_graphql_name(self, obj: HasGraphQLName) -> str:
        """By the name in Python and the name that was given instead."""
        key = (obj.python_name, obj.graphql_name)
        name = self._kept.get(key)
        if name is None:
            name = self._kept[key] = super().get_graphql_name(obj)
        return name
