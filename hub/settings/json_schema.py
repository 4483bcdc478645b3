"""A JSON Schema of hub.yaml, for editors that complete and check YAML while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pydantic import BaseModel

from hub.settings.hub_file import HubFile
from hub.settings.systems import AdapterSpec

Schema: TypeAlias = dict[str, object]


def configuration_schema(adapters: Mapping[str, AdapterSpec]) -> Schema:
    """JSON Schema 2020-12 of hub.yaml with the options of the installed adapters.

    It knows shapes only: references between parts, cron expressions and mappings are checked by `hub check`.
    """
    schema: Schema = HubFile.model_json_schema()
    definitions = schema["$defs"]
    if isinstance(definitions, dict):
        entry: Schema = definitions["SystemEntry"]
        entry["allOf"] = [_options_of(name, adapters[name].options) for name in sorted(adapters)]
        if isinstance(properties := entry["properties"], dict):
            properties["adapter"]["enum"] = sorted(adapters)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "hub.yaml"}


def _options_of(adapter: str, options: type[BaseModel]) -> Schema:
    """Names and descriptions, not types: any option may be written as a reference to a value elsewhere."""
    fields = {
        field.alias or name: {"description": field.description} if field.description else {}
        for name, field in options.model_fields.items()
    }
    required = [field.alias or name for name, field in options.model_fields.items() if field.is_required()]
    shape: Schema = {"properties": fields, "additionalProperties": False}
    return {
        "if": {"properties": {"adapter": {"const": adapter}}},
        "then": {
            "properties": {"options": {**shape, "required": required} if required else shape},
            **({"required": ["options"]} if required else {}),
        },
    }
