"""JMESPath compiled to closures: a chain such as `a.b` costs a dictionary look-up instead of a walk over its tree.

What mappings use all the time (fields, literals, comparisons, `contains`) is compiled; every other node is left to
the library's own interpreter, so that the whole language works. https://jmespath.org/specification.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

from hub.errors import Invalid
from hub.mapping.unfit import Unfit
from hub.yaml.nearest import choices

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode

Select: TypeAlias = Callable[[object], object]

_FUNCTIONS: Final = Functions()
_COMPARE: Final = TreeInterpreter.COMPARATOR_FUNC


def compile_expression(text: str) -> Select:
    """A function from an object to the expression's value, None where there is nothing; it may raise Unfit.

    Raises Invalid when the text is not JMESPath or calls a function that does not exist.
    """
    try:
        tree = jmespath.compile(text).parsed
    except JMESPathError as error:
        place = f" near column {error.lex_position + 1}" if isinstance(error, ParseError) else ""
        raise Invalid(f"{text!r} is not JMESPath: it cannot be read{place}") from error
    _check_calls(tree)
    return _compiled(tree)


def holds(value: object) -> bool:
    """JMESPath's truth: false, null and every empty text, list or object are false; 0 is true."""
    return value is not None and value is not False and value != "" and value != [] and value != {}


def _check_calls(tree: _TreeNode) -> None:
    """The library finds these only when the expression runs."""
    if tree["type"] == "function_expression":
        name, given = tree["value"], len(tree["children"])
        if name not in _FUNCTIONS.FUNCTION_TABLE:
            raise Invalid(f"JMESPath has no function {name}(); {choices(name, _FUNCTIONS.FUNCTION_TABLE)}")
        signature = _FUNCTIONS.FUNCTION_TABLE[name]["signature"]
        open_ended = bool(signature) and signature[-1].get("variadic", False)
        if given < len(signature) or (given > len(signature) and not open_ended):
            raise Invalid(f"{name}() takes {len(signature)} arguments, not {given}")
    for child in tree["children"]:
        # A slice's children are numbers.
        if isinstance(child, dict):
            _check_calls(child)


def _compiled(tree: _TreeNode) -> Select:
    children = tree["children"]
    match tree["type"]:
        case "field":
            return _field(tree["value"])
        case "subexpression" | "pipe":
            return _chain([_compiled(child) for child in children])
        case "literal":
            return _constant(tree["value"])
        case "identity" | "current":
            return _itself
        case "comparator" if tree["value"] in {"eq", "ne"}:
            return _compared(_COMPARE[tree["value"]], _compiled(children[0]), _compiled(children[1]))
        case "and_expression":
            return _both(_compiled(children[0]), _compiled(children[1]))
        case "or_expression":
            return _either(_compiled(children[0]), _compiled(children[1]))
        case "multi_select_list" if all(child["type"] == "literal" for child in children):
            return _literals([child["value"] for child in children])
        case "function_expression" if all(child["type"] != "expref" for child in children):
            return _called(tree["value"], [_compiled(child) for child in children])
    return _interpreted(tree)


def _itself(value: object) -> object:
    return value


def _constant(constant: object) -> Select:
    return lambda _: constant


def _literals(constants: list[object]) -> Select:
    return lambda value: None if value is None else constants


def _field(name: str) -> Select:
    def select(value: object) -> object:
        return value.get(name) if isinstance(value, dict) else None

    return select


def _chain(steps: list[Select]) -> Select:
    if len(steps) == 2:
        first, second = steps
        return lambda value: second(first(value))

    def select(value: object) -> object:
        for step in steps:
            value = step(value)
        return value

    return select


def _compared(compare: Callable[[object, object], object], left: Select, right: Select) -> Select:
    return lambda value: compare(left(value), right(value))


def _both(left: Select, right: Select) -> Select:
    def select(value: object) -> object:
        matched = left(value)
        return right(value) if holds(matched) else matched

    return select


def _either(left: Select, right: Select) -> Select:
    def select(value: object) -> object:
        matched = left(value)
        return matched if holds(matched) else right(value)

    return select


def _called(name: str, arguments: list[Select]) -> Select:
    if name == "contains":
        return _contains(arguments[0], arguments[1])

    def select(value: object) -> object:
        return _guarded(name, lambda: _FUNCTIONS.call_function(name, [argument(value) for argument in arguments]))

    return select


def _contains(subject: Select, wanted: Select) -> Select:
    """The condition of nearly every list; the library's type check costs ten times the look-up."""

    def select(value: object) -> object:
        inside, sought = subject(value), wanted(value)
        if isinstance(inside, list):
            return sought in inside
        if isinstance(inside, str):
            return isinstance(sought, str) and sought in inside
        raise Unfit("contains() needs a list or a text")

    return select


def _interpreted(tree: _TreeNode) -> Select:
    interpreter = TreeInterpreter()
    what = tree["type"].replace("_", " ")
    return lambda value: _guarded(what, lambda: interpreter.visit(tree, value))


def _guarded(what: str, evaluate: Callable[[], object]) -> object:
    """The library's messages repeat the value, so they are not passed on."""
    try:
        return evaluate()
    except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Unfit(f"the expression's {what} does not fit this value ({type(error).__name__})") from None
