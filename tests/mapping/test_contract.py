"""What a contract says of single objects, and what is wrong with single contracts."""

from __future__ import annotations

import pytest

from hub.errors import Drifted, Misconfigured
from hub.mapping.contract.learn import learned_contract
from hub.records.source import JsonObject, JsonValue
from tests.mapping.contracts import CONTRACT, agreed
from tests.mapping.documents import ORDER, compiled

FINE: JsonObject = {
    "id": 1,
    "name": "Sanne",
    "level": "gold",
    "score": 3,
    "lang": {"code": "nl"},
    "tags": ["a", None],
    "media": [{"id": 1, "kind": "email", "value": "x"}, {"id": 2, "value": 7}],
    "extra": {"whatever": [1]},
}


def found(body: JsonObject, policy: str = "EVOLVE") -> list[tuple[str, str, str]]:
    """Kind, path and words of each drift."""
    contract = agreed(policy=policy)
    assert not contract.fits(body)
    return [(drift.kind.value, drift.path, drift.detail) for drift in contract.judge(body).drifts]


def test_an_object_as_agreed_fits_and_so_do_null_and_absent_where_nothing_is_required() -> None:
    contract = agreed()
    assert contract.fits(FINE)
    assert contract.fits({"id": 1, "name": "S", "score": 0.5, "level": None, "media": None, "lang": None})
    assert contract.judge(FINE).drifts == ()
    assert contract.judge(FINE).body == FINE


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        ({"colour": "red"}, ("NEW_FIELD", "colour", "text that was not agreed")),
        ({"lang": {"code": "nl", "iso": 3}}, ("NEW_FIELD", "lang.iso", "int that was not agreed")),
        ({"name": None}, ("MISSING_FIELD", "name", "it is null")),
        ({"lang": {}}, ("MISSING_FIELD", "lang.code", "it is absent")),
        ({"id": "1"}, ("CHANGED_TYPE", "id", "text where int was agreed")),
        ({"active": 1}, ("CHANGED_TYPE", "active", "int where bool was agreed")),
        ({"score": True}, ("CHANGED_TYPE", "score", "bool where number was agreed")),
        ({"media": {"id": 1}}, ("CHANGED_TYPE", "media", "object where list was agreed")),
        ({"tags": [1]}, ("CHANGED_TYPE", "tags[]", "int where text was agreed")),
        (
            {"media": [{"id": 1, "value": 0.5}]},
            ("CHANGED_TYPE", "media[].value", "number where int or text was agreed"),
        ),
        ({"level": "platinum"}, ("UNKNOWN_VALUE", "level", "'platinum' that was not agreed")),
        (
            {"media": [{"id": 1, "kind": "Jan de Vries"}]},
            ("UNKNOWN_VALUE", "media[].kind", "a value that was not agreed"),
        ),
        ({"jan@example.nl": 1}, ("NEW_FIELD", "*", "int that was not agreed")),
        ({"0612345678": 1}, ("NEW_FIELD", "*", "int that was not agreed")),
    ],
)
def test_each_kind_of_drift_is_named_by_its_place_and_never_by_a_value(
    change: dict[str, JsonValue], drift: tuple[str, str, str]
) -> None:
    assert found({**FINE, **change}) == [drift]


def test_keys_that_are_data_are_one_drift() -> None:
    many: dict[str, JsonValue] = {f"k{'abcdefghijklmnopqrstuvwxyz'[n]}": n for n in range(26)}
    assert found({**FINE, **many}) == [("NEW_FIELD", "*", "int that was not agreed")]


def test_discard_value_leaves_out_what_offends_and_takes_the_rest() -> None:
    offending: JsonObject = {
        **FINE,
        "colour": "red",
        "level": "platinum",
        "lang": {"name": "Dutch"},
        "tags": ["a", 1, "b"],
        "media": [{"id": "x"}, {"id": 2, "kind": "fax"}],
    }
    judged = agreed().judge(offending)
    assert judged.refused is None
    assert judged.body == {
        "id": 1,
        "name": "Sanne",
        "score": 3,
        "tags": ["a", "b"],
        "media": [{"id": 2}],
        "extra": {"whatever": [1]},
    }


def test_discard_value_refuses_the_object_where_a_required_value_is_left_out() -> None:
    judged = agreed().judge({**FINE, "name": 5})
    assert isinstance(judged.refused, Drifted)
    assert judged.refused.message == "CHANGED_TYPE at name: int where text was agreed"


def test_each_policy_does_what_its_name_says() -> None:
    body: JsonObject = {**FINE, "colour": "red"}
    outcomes = {policy: agreed(policy=policy).judge(body) for policy in ("EVOLVE", "FREEZE", "DISCARD_ROW")}
    assert {policy: (judged.body == body, judged.refused is None) for policy, judged in outcomes.items()} == {
        "EVOLVE": (True, True),
        "FREEZE": (True, True),
        "DISCARD_ROW": (True, False),
    }


def test_one_kind_may_have_a_policy_of_its_own() -> None:
    contract = agreed(CONTRACT.replace("fields:", "policies: {NEW_FIELD: EVOLVE}\nfields:", 1), policy="DISCARD_ROW")
    assert contract.judge({**FINE, "colour": "red"}).refused is None
    assert contract.judge({**FINE, "name": None}).refused is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  a..b: text", "'a..b' is no path of a contract"),
        ("  name.first: text", "name is no object, but something is written inside of it"),
        ("  name[]: text", "name is no list, but something is written inside of it"),
        ("  colour: {type: list, values: [a]}", "fields.colour: `values` needs a type whose values can be listed"),
        ("  colour: string", "'string' is not one of its values"),
        ('  "lang.\\"code\\"": text', 'lang."code" stands here twice'),
    ],
)
def test_mistakes_in_a_contract_are_told_with_their_line(line: str, message: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        agreed(CONTRACT + line + "\n")
    assert [message in finding.message for finding in caught.value.findings] == [True]
    assert caught.value.findings[0].line in {5, CONTRACT.count("\n") + 1}


def test_a_mapping_may_bring_its_contract() -> None:
    indented = "".join(f"  {line}\n" for line in CONTRACT.splitlines())
    mapping = compiled(f"{ORDER}contract:\n{indented}")
    assert mapping.contract is not None
    assert mapping.contract.version.startswith("2+")
    with pytest.raises(Misconfigured, match="'text2' is not one of its values"):
        compiled(f"{ORDER}contract:\n{indented.replace('type: text', 'type: text2', 1)}")


def test_a_draft_lists_codes_and_no_values_of_people() -> None:
    bodies = [
        {"id": n, "state": "open" if n % 2 else "won", "name": f"Piet {n}", "note": None, "lines": [{"sku": "a"}] * n}
        for n in range(12)
    ]
    draft = learned_contract("crm", "customer", bodies)
    assert draft == (
        "# Draft of a contract for customer of crm, learned from 12 objects. Read it, correct it,\n"
        "# choose a policy, and name the file in hub.yaml under systems.crm.contracts.customer.\n"
        "version: 1\n"
        "policy: EVOLVE\n"
        "fields:\n"
        "  id: {type: int, required: true}\n"
        "  state: {type: text, required: true, values: [open, won]}\n"
        "  name: {type: text, required: true}\n"
        "  note: any\n"
        "  lines: {type: list, required: true}\n"
        "  lines[]: {type: object, required: true}\n"
        "  lines[].sku: {type: text, required: true, values: [a]}\n"
    )
