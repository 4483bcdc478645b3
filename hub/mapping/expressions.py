"""JMESPath compiled to closures: a chain such as `a.b` costs a dictionary look-up instead of a walk over its tree.

What mappings and conditions use all the time (fields, literals, comparisons, filters, `contains`, `length`) is
compiled; every other node is left to the library's own interpreter, so that the whole language works.
https://jmespath.org/specification.html
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
_ORDERED: Final = frozenset({int, float, str})
_OF_LISTS: Final = frozenset({"filter_projection", "projection", "flatten"})


def compile_expression(text: str) -> Select:
    """A function from an object to the expression's value, None where there is nothing; it may raise Unfit.

    Raises Invalid when the text is not JMESPath, calls a function that does not exist, or can never give anything.
    """
    try:
        tree = jmespath.compile(text).parsed
    except JMESPathError as error:
        place = f" near column {error.lex_position + 1}" if isinstance(error, ParseError) else ""
        raise Invalid(f"{text!r} is not JMESPath: it cannot be read{place}") from error
    _check(tree)
    return _compiled(tree)


def holds(value: object) -> bool:
    """JMESPath's truth: false, null and every empty text, list or object are false; 0 is true."""
    return value is not None and value is not False and value != "" and value != [] and value != {}


def _check(tree: _TreeNode) -> None:
    """The library finds a wrong call only when the expression runs, and a list of a negation is never found."""
    if tree["type"] in _OF_LISTS and tree["children"][0]["type"] == "not_expression":
        raise Invalid("`!` binds closer than a list's brackets, so this holds never: write !(list[?...])")
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
            _check(child)


def _compiled(tree: _TreeNode) -> Select:
    children = tree["children"]
    match tree["type"]:
        case "field":
            return _field(tree["value"])
        case "subexpression" | "pipe" | "index_expression":
            return _chain(children)
        case "literal":
            return _constant(tree["value"])
        case "identity" | "current":
            return _itself
        case "comparator" if tree["value"] in {"eq", "ne"} and _is_text(children[1]):
            return _compared_text(tree["value"] == "eq", _compiled(children[0]), children[1]["value"])
        case "comparator" if tree["value"] in {"eq", "ne"}:
            return _compared(_COMPARE[tree["value"]], _compiled(children[0]), _compiled(children[1]))
        case "comparator":
            return _ordered(_COMPARE[tree["value"]], _compiled(children[0]), _compiled(children[1]))
        case "not_expression":
            return _negated(_compiled(children[0]))
        case "projection":
            return _projected(_compiled(children[0]), _compiled(children[1]))
        case "filter_projection":
            return _filtered(*(_compiled(child) for child in children))
        case "index":
            return _indexed(tree["value"])
        case "and_expression":
            return _both(_compiled(children[0]), _compiled(children[1]))
        case "or_expression":
            return _either(_compiled(children[0]), _compiled(children[1]))
        case "multi_select_list" if all(child["type"] == "literal" for child in children):
            return _literals([child["value"] for child in children])
        case "multi_select_dict":
            return _object({child["value"]: _compiled(child["children"][0]) for child in children})
        case "multi_select_list":
            return _list([_compiled(child) for child in children])
        case "function_expression" if all(child["type"] != "expref" for child in children):
            return _called(tree["value"], [_compiled(child) for child in children])
    return _interpreted(tree)


def _itself(value: object) -> object:
    return value


def _constant(constant: object) -> Select:
    return lambda _: constant


def _literals(constants: list[object]) -> Select:
    return lambda value: None if value is None else constants


def _object(members: dict[str, Select]) -> Select:
    def select(value: object) -> object:
        return None if value is None else {name: member(value) for name, member in members.items()}

    return select


def _list(elements: list[Select]) -> Select:
    def select(value: object) -> object:
        return None if value is None else [element(value) for element in elements]

    return select


def _field(name: str) -> Select:
    def select(value: object) -> object:
        return value.get(name) if isinstance(value, dict) else None

    return select


def _chain(children: list[_TreeNode]) -> Select:
    if [child["type"] for child in children] == ["field", "field"]:
        return _field_of_field(children[0]["value"], children[1]["value"])
    steps = [_compiled(child) for child in children]
    if len(steps) == 2:
        first, second = steps
        return lambda value: second(first(value))

    def select(value: object) -> object:
        for step in steps:
            value = step(value)
        return value

    return select


def _field_of_field(outer: str, inner: str) -> Select:
    """`customer.age`: the most usual of chains."""

    def select(value: object) -> object:
        between = value.get(outer) if isinstance(value, dict) else None
        return between.get(inner) if isinstance(between, dict) else None

    return select


def _is_text(tree: _TreeNode) -> bool:
    return tree["type"] == "literal" and isinstance(tree["value"], str)


def _compared_text(equal: bool, left: Select, text: str) -> Select:
    """With a text Python's comparison is JMESPath's; the library guards against 1 == true only."""
    if equal:
        return lambda value: left(value) == text
    return lambda value: left(value) != text


def _compared(compare: Callable[[object, object], object], left: Select, right: Select) -> Select:
    return lambda value: compare(left(value), right(value))


def _ordered(compare: Callable[[object, object], object], left: Select, right: Select) -> Select:
    """Numbers with numbers and texts with texts; truth values, lists and nothing have no order: None."""

    def select(value: object) -> object:
        one, other = left(value), right(value)
        if type(one) not in _ORDERED or type(other) not in _ORDERED:
            return None
        try:
            return compare(one, other)
        except TypeError:
            raise Unfit("the expression compares a text with a number") from None

    return select


def _negated(operand: Select) -> Select:
    return lambda value: not holds(operand(value))


def _projected(base: Select, each: Select) -> Select:
    def select(value: object) -> object:
        elements = base(value)
        if not isinstance(elements, list):
            return None
        return [found for element in elements if (found := each(element)) is not None]

    return select


def _filtered(base: Select, each: Select, condition: Select) -> Select:
    def select(value: object) -> object:
        elements = base(value)
        if not isinstance(elements, list):
            return None
        kept = (each(element) for element in elements if holds(condition(element)))
        return [found for found in kept if found is not None]

    return select


def _indexed(place: int) -> Select:
    def select(value: object) -> object:
        inside = isinstance(value, list) and -len(value) <= place < len(value)
        return value[place] if inside and isinstance(value, list) else None

    return select


def _both(left: Select, right: Select) -> Select:
    def select(value: object) -> object:
        matched = left(value)
        return right(value) if matched is True or holds(matched) else matched

    return select


def _either(left: Select, right: Select) -> Select:
    def select(value: object) -> object:
        matched = left(value)
        return matched if holds(matched) else right(value)

    return select


def _called(name: str, arguments: list[Select]) -> Select:
    if name == "contains":
        return _contains(arguments[0], arguments[1])
    if name == "length":
        return _length(arguments[0])

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


def _length(subject: Select) -> Select:
    def select(value: object) -> object:
        counted = subject(value)
        if isinstance(counted, list | str | dict):
            return len(counted)
        raise Unfit("length() needs a list, a text or an object")

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
