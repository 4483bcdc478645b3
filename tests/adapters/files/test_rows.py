"""Rows that are none: each is reported with its bytes and place, and the rest goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.files import ChildLayout, EntityLayout
from tests.adapters.files.drops import BEGAN, CUSTOMER, WITH_MEDIA, deliver, open_port, pull_one


@pytest.mark.parametrize(
    "line, reason",
    [
        (b"2,Jansen\n", "2 columns where the header has 3"),
        (b"2,Jansen,Delft,NL\n", "4 columns where the header has 3"),
        (b'2,"Jan"sen,Delft\n', "not CSV: ',' expected after '\"'"),
        (b'2,"Jansen,Delft\n', "not CSV: unexpected end of data"),
        (b"2,Jans\xe9n,Delft\n", "not utf-8"),
        (b" ,Jansen,Delft\n", "no usable id in id"),
        (b"1,Jansen,Delft\n", "the same id stands at customer.csv:2"),
        (b"2," + b"x" * 1100 + b",Delft\n", "longer than 1024 bytes, or a quote in it is not closed"),
    ],
)
async def test_csv_line_that_is_no_row_is_reported_and_the_next_ones_are_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = b"id,name,city\n1,Smit,Gouda\n" + line + b"3,Bakker,Breda\n"
    deliver(tmp_path, "week-1", {"customer.csv": (3, content)})

    pulled = await pull_one(open_port(tmp_path))

    assert pulled.ids() == ["1", "3"]
    assert pulled.latest()["3"].body == {"id": "3", "name": "Bakker", "city": "Breda"}
    (bad,) = pulled.unreadable
    assert (bad.place, bad.raw, bad.reason) == ("week-1/customer.csv:3", line[:1024], reason)


@pytest.mark.parametrize(
    "line, reason",
    [
        (b'{"id": 2, "name": \n', "not JSON: unexpected end of data at character 19"),
        (b'[{"id": 2}]\n', "not a JSON object"),
        (b'{"id": true}\n', "no usable id in id"),
        (b'{"id": "2", "name": "\xff"}\n', "not utf-8"),
        (b'{"id": 2, "name": "' + b"x" * 1100 + b'"}\n', "longer than 1024 bytes"),
    ],
)
async def test_json_line_that_is_no_object_is_reported_and_the_next_ones_are_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = b'{"id": 1}\n' + line + b'\n{"id": 3, "media": [{"id": 7}]}'
    deliver(tmp_path, "week-1", {"customer.jsonl": (3, content)}, format="jsonl")

    pulled = await pull_one(open_port(tmp_path))

    assert pulled.ids() == ["1", "3"]
    assert pulled.latest()["3"].body == {"id": 3, "media": [{"id": 7}]}
    (bad,) = pulled.unreadable
    assert (bad.place, bad.raw, bad.reason) == ("week-1/customer.jsonl:2", line[:1024], reason)


async def test_unreadable_row_means_that_the_set_proves_no_deletion(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", {"customer.csv": (2, b"id,name\n1,Smit\n2\n")})
    deliver(tmp_path, "week-2", {"customer.csv": (1, b"id,name\n1,Smit\n")}, began=BEGAN.replace(day=12))
    port = open_port(tmp_path)

    began = []
    for _ in range(2):
        cursor = await port.begin_run(CUSTOMER, None, timedelta())
        page = await port.pull(CUSTOMER, cursor, 10)
        began.append(page.set_began)
        await port.finished(CUSTOMER, page.cursor)

    assert began == [None, BEGAN.replace(day=12)]


async def test_quoted_cells_keep_their_line_ends_quotes_and_delimiters(tmp_path: Path) -> None:
    content = b'id;name\r\n1;"De ""Vries""; en\r\nzonen"\r\n\r\n2;\r\n'
    deliver(tmp_path, "week-1", {"customer.csv": (2, content)}, delimiter=";")

    pulled = await pull_one(open_port(tmp_path), limit=1)

    assert [one.body for one in pulled.objects] == [
        {"id": "1", "name": 'De "Vries"; en\r\nzonen'},
        {"id": "2", "name": None},
    ]
    assert pulled.objects[0].raw == b'1;"De ""Vries""; en\r\nzonen"'


@pytest.mark.parametrize("encoding, name", [("cp1252", "Andr\u00e9 \u20ac"), ("utf-8-sig", "Andr\u00e9 \u20ac")])
async def test_the_manifest_tells_the_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    content = f"id,name\n1,{name}\n".encode(encoding)
    deliver(tmp_path, "week-1", {"customer.csv": (1, content)}, encoding=encoding)

    (pulled,) = (await pull_one(open_port(tmp_path))).objects

    assert pulled.body == {"id": "1", "name": name}


async def test_children_are_joined_in_any_order_and_strays_are_reported(tmp_path: Path) -> None:
    media = b"id,customer_id,value\n9,2,b@x.nl\n7,1,a@x.nl\n8,5,lost@x.nl\n,1,none\n6,1,c@x.nl\n6\n"
    deliver(tmp_path, "week-1", {"customer.csv": (2, b"id\n1\n2\n"), "contact_media.csv": (6, media)})

    pulled = await pull_one(open_port(tmp_path, WITH_MEDIA), limit=2)

    assert [one.body for one in pulled.objects] == [
        {
            "id": "1",
            "contact_media": [
                {"id": "6", "customer_id": "1", "value": "c@x.nl"},
                {"id": "7", "customer_id": "1", "value": "a@x.nl"},
            ],
        },
        {"id": "2", "contact_media": [{"id": "9", "customer_id": "2", "value": "b@x.nl"}]},
    ]
    assert [(bad.place, bad.reason) for bad in pulled.unreadable] == [
        ("week-1/contact_media.csv:5", "no usable id in id"),
        ("week-1/contact_media.csv:7", "1 columns where the header has 3"),
        ("week-1/contact_media.csv:4", "belongs to 5, which the delivery does not hold"),
    ]
    assert pulled.pages == [2, 2, 1]


async def test_order_of_child_rows_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    parents = (1, b"id\n1\n")
    deliver(
        tmp_path, "a", {"customer.csv": parents, "contact_media.csv": (2, b"id,customer_id\n7,1\n8,1\n")}, began=BEGAN
    )
    deliver(
        tmp_path,
        "b",
        {"customer.csv": parents, "contact_media.csv": (2, b"id,customer_id\n8,1\n7,1\n")},
        began=BEGAN.replace(day=12),
    )
    port = open_port(tmp_path, WITH_MEDIA)

    (first,), (second,) = (await pull_one(port)).objects, (await pull_one(port)).objects

    assert first.fingerprint == second.fingerprint
    assert (first.as_of, second.as_of) == (BEGAN, BEGAN.replace(day=12))


async def test_the_stamp_is_the_newest_over_object_and_children(tmp_path: Path) -> None:
    layout = EntityLayout(
        stamp="at",
        time_zone="Europe/Amsterdam",
        children={"contact_media": ChildLayout(parent="customer_id", stamp="at")},
    )
    parents = b"id,at\n1,2026-01-03 12:00:00\n2,2026-01-02T12:00:00Z\n3,yesterday\n"
    media = b"id,customer_id,at\n7,2,2026-01-04T12:00:00+01:00\n"
    deliver(tmp_path, "week-1", {"customer.csv": (3, parents), "contact_media.csv": (1, media)})

    pulled = await pull_one(open_port(tmp_path, layout))

    assert [(one.external_id, one.stamp, one.as_of == one.stamp) for one in pulled.objects] == [
        ("1", datetime(2026, 1, 3, 11, tzinfo=UTC), True),
        ("2", datetime(2026, 1, 4, 11, tzinfo=UTC), True),
    ]
    assert [bad.reason for bad in pulled.unreadable] == ["the change stamp in at is not ISO 8601"]
