"""Missing, null and empty: what an object's blank comes to, from the mapping into the stored document and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Misconfigured
from hub.mapping.blanks import how_blank
from hub.mapping.compile import compile_mapping
from hub.mapping.record import RecordMapping
from hub.records.customer import CustomerRecord
from hub.records.source import JsonObject, JsonValue
from hub.yaml.nodes import read_yaml

BODIES: dict[str, JsonObject] = {
    "MISSING": {"person": {}},
    "NIL": {"person": {"born": None}},
    "EMPTY": {"person": {"born": "  "}},
}


def mapping(tmp_path: Path, general: str, own: str | None = None) -> RecordMapping:
    rule = "person.born" if own is None else f"{{path: person.born, says_none: {own}}}"
    path = tmp_path / "customer.yaml"
    path.write_text(f"entity: customer\nversion: 1\nsays_none: {general}\nfields: {{birth_date: {rule}}}\n")
    node, findings = read_yaml(path)
    return compile_mapping(node, duplicates=findings)


@pytest.mark.parametrize("said", [[], ["NIL"], ["EMPTY"], ["MISSING"], ["NIL", "EMPTY"], [*BODIES]])
@pytest.mark.parametrize("where", ["general", "own"])
def test_only_what_the_mapping_names_says_that_there_is_none(tmp_path: Path, said: list[str], where: str) -> None:
    written = f"[{', '.join(said)}]"
    compiled = mapping(tmp_path, written) if where == "general" else mapping(tmp_path, "[MISSING]", written)
    for how, body in BODIES.items():
        record = compiled.record_of(body)
        assert isinstance(record, CustomerRecord)
        assert record.known_blank == (("birth_date",) if how in said else ())
        assert record.birth_date is None
        again = CustomerRecord.model_validate_json(record.model_dump_json(exclude_defaults=True))
        assert again == record


@given(value=st.one_of(st.none(), st.text(max_size=3), st.integers(), st.lists(st.none(), max_size=2)))
def test_a_place_behind_nothing_is_null_and_one_in_no_object_is_missing(value: JsonValue) -> None:
    how = how_blank("person.born")
    assert how is not None
    assert how({"person": value}).value == ("NIL" if value is None else "MISSING")


def test_a_value_and_an_expression_that_cannot_tell_are_no_blanks(tmp_path: Path) -> None:
    compiled = mapping(tmp_path, "[MISSING, NIL, EMPTY]")
    told = compiled.record_of({"person": {"born": "1980-02-29"}})
    assert isinstance(told, CustomerRecord)
    assert told.known_blank == ()
    path = tmp_path / "customer.yaml"
    path.write_text(
        "entity: customer\nversion: 1\nsays_none: [NIL]\nfields: {birth_date: 'people[0].born || people[1].born'}\n"
    )
    node, _ = read_yaml(path)
    assert compile_mapping(node).record_of({"people": [{"born": None}]}) == CustomerRecord()


def test_only_customers_say_that_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "sales_lead.yaml"
    path.write_text("entity: sales_lead\nversion: 1\nsays_none: [NIL]\nfields: {state: {value: PENDING}}\n")
    node, _ = read_yaml(path)
    with pytest.raises(Misconfigured, match="only customers say that there is none"):
        compile_mapping(node)
