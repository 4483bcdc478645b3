"""Tryton's typed values, both ways, byte for byte as its protocol module writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest

from adapters.tryton.wire import Fault, decoded_answer, encoded_call
from hub.errors import Rejected
from hub.records.source import JsonValue


def _sent(value: object) -> object:
    return orjson.loads(encoded_call("m", [value]))["params"][0]  # type: ignore[list-item]


def _received(value: object) -> JsonValue | Fault:
    return decoded_answer(orjson.dumps({"id": 0, "result": value}))


def test_a_call_has_exactly_the_keys_tryton_answers_in_kind() -> None:
    assert orjson.loads(encoded_call("model.x.read", [[1], ["name"], {}])) == {
        "id": 0,
        "method": "model.x.read",
        "params": [[1], ["name"], {}],
    }


def test_amounts_are_sent_exactly() -> None:
    assert _sent(Decimal("12.30")) == {"__class__": "Decimal", "decimal": "12.30"}


def test_instants_are_sent_in_utc() -> None:
    summer = timezone(timedelta(hours=2))

    assert _sent(datetime(2026, 7, 1, 0, 30, 5, 42, tzinfo=summer)) == {
        "__class__": "datetime",
        "year": 2026,
        "month": 6,
        "day": 30,
        "hour": 22,
        "minute": 30,
        "second": 5,
        "microsecond": 42,
    }


def test_dates_are_sent_as_dates_also_inside_a_domain() -> None:
    assert _sent([("sale_date", ">", date(2026, 1, 2))]) == [
        ["sale_date", ">", {"__class__": "date", "year": 2026, "month": 1, "day": 2}]
    ]


@pytest.mark.parametrize(
    ("wire", "plain"),
    [
        ({"__class__": "Decimal", "decimal": "12.30"}, "12.30"),
        ({"__class__": "date", "year": 2026, "month": 1, "day": 2}, "2026-01-02"),
        (
            {"__class__": "datetime", "year": 2026, "month": 1, "day": 2}
            | {"hour": 3, "minute": 4, "second": 5, "microsecond": 60},
            "2026-01-02T03:04:05.000060+00:00",
        ),
        ({"__class__": "timedelta", "seconds": 90.5}, 90.5),
        ({"__class__": "bytes", "base64": "aGk=\n"}, "aGk=\n"),
        ({"__class__": "time", "hour": 7, "minute": 5, "second": 0, "microsecond": 0}, "07:05:00"),
        ([{"id": 1, "country.": {"id": 2, "code": "NL"}}], [{"id": 1, "country": {"id": 2, "code": "NL"}}]),
        ([{"id": 1, "lines.": [{"id": 2, "unit.": None}]}], [{"id": 1, "lines": [{"id": 2, "unit": None}]}]),
    ],
)
def test_typed_values_become_plain_json(wire: object, plain: object) -> None:
    assert _received(wire) == plain


def test_an_instant_survives_the_way_there_and_back() -> None:
    instant = datetime(2026, 11, 23, 9, 45, 13, 79491, tzinfo=UTC)

    assert _received(_sent(instant)) == instant.isoformat()


def test_a_value_of_an_unknown_class_is_rejected() -> None:
    with pytest.raises(Rejected, match="unknown class Point"):
        _received([{"id": 1, "place": {"__class__": "Point"}}])


@pytest.mark.parametrize("content", [b"<html>login</html>", b"[]", b'{"id": 0}', b"1"])
def test_an_answer_of_something_else_is_rejected(content: bytes) -> None:
    with pytest.raises(Rejected, match="Tryton server"):
        decoded_answer(content)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (["UserError", ["No way.", "Because.", None]], Fault("UserError", ("No way.", "Because."))),
        (["ConcurrencyException", "Records were modified"], Fault("ConcurrencyException", ("Records were modified",))),
        (["'nofield'", ""], Fault("'nofield'", ())),
    ],
)
def test_errors_inside_a_good_answer_are_faults(error: object, fault: Fault) -> None:
    assert decoded_answer(orjson.dumps({"id": 0, "error": error})) == fault
