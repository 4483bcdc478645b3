"""What pydantic found wrong, told in terms of the file."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Annotated, Final, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Finding
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, Step

_RULES: Final[Mapping[str, str]] = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def findings_of(
    error: ValidationError,
    node: Node,
    model: type[BaseModel],
    place: str = "",
    told: Collection[tuple[Step, ...]] = (),
) -> list[Finding]:
    """One finding per mistake, at its own line; `node` is what `model` was validated from, found at `place`.

    Paths in `told` have a finding already. Only names and rules are told: an input value may be a secret.
    """
    details = error.errors(include_url=False, include_input=False)
    return [
        _finding(detail, node, model, place)
        for detail in details
        if detail["loc"] not in told and not _follows_from_elements(detail, node)
    ]


def _follows_from_elements(detail: ErrorDetails, node: Node) -> bool:
    """A list whose elements are all wrong also counts as too short."""
    return detail["type"] == "too_short" and bool(node.nearest(list(detail["loc"])).items)


def _finding(detail: ErrorDetails, node: Node, model: type[BaseModel], place: str) -> Finding:
    path = [step for step in detail["loc"] if step != "[key]"]
    *parents, last = path or [""]
    there = node.nearest(path)
    inside = f" in {_words(place, parents)}" if place or parents else ""
    where = _words(place, path) or "the file"
    holder = annotation_at(model, parents)
    match detail["type"]:
        case "extra_forbidden":
            return there.finding(f"unknown key {last!r}{inside}", choices(str(last), _keys(holder)))
        case "missing":
            return there.finding(f"{last!r} is missing{inside}", _description(holder, last) or "it is required")
        case "enum":
            is_key = detail["loc"][-1] == "[key]"
            members = _enum_values(holder if is_key else annotation_at(model, path))
            given = str(last) if is_key else there.text or "this"
            return there.finding(f"{where}: {given!r} is not one of its values", choices(given, members))
        case "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            return there.finding(f"{where}: must be keys with values", choices("", _keys(annotation_at(model, path))))
    rule = _RULES.get(detail["type"]) or detail["msg"].replace("Input should be", "must be")
    rule = rule.removeprefix("Value error, ")
    allowed = detail.get("ctx", {}).get("allowed") or _description(holder, last) or "see its documentation"
    return there.finding(f"{where}: {rule}", str(allowed))


def _words(place: str, path: Sequence[Step]) -> str:
    words = place
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def annotation_at(model: type[BaseModel], path: Sequence[Step]) -> object:
    """The declared type at `path` below `model`, without `| None`; a step that leads nowhere stays where it is."""
    annotation: object = model
    for step in path:
        annotation = _below(_bare(annotation), step)
    return _bare(annotation)


def _below(annotation: object, step: Step) -> object:
    if _is_model(annotation):
        return next(
            (f.annotation for name, f in annotation.model_fields.items() if step in {name, f.alias}), annotation
        )
    arguments = get_args(annotation)
    # A mapping's values are its second argument, a list's or tuple's elements its first.
    return arguments[0 if isinstance(step, int) else -1] if arguments else annotation


def _bare(annotation: object) -> object:
    """Without `| None` and without Annotated's extras."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, types.UnionType}:
            some = [option for option in get_args(annotation) if option is not types.NoneType]
            if len(some) != 1:
                return annotation
            annotation = some[0]
        else:
            return annotation


def _is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _keys(holder: object) -> list[str]:
    return [field.alias or name for name, field in holder.model_fields.items()] if _is_model(holder) else []


def _description(holder: object, key: Step) -> str | None:
    if not _is_model(holder):
        return None
    return next((f.description for name, f in holder.model_fields.items() if key in {name, f.alias}), None)


def _enum_values(annotation: object) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    # The keys of a mapping, when it is a key that is wrong.
    keys = get_args(annotation)[:1]
    return _enum_values(keys[0]) if keys else []
