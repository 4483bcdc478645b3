"""Which deliveries are taken, when, and where they end."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.files import EntityLayout, FileFormat, ManifestRule, write_export
from hub.errors import Conflict, Invalid, NothingWaiting, Rejected, Transient
from tests.adapters.files.drops import BEGAN, CUSTOMER, WITH_MEDIA, content_of, deliver, open_port, pull_one

ONE = {"customer.csv": (1, b"id,name\n1,Smit\n")}
NO_OVERLAP = timedelta()


async def test_waiting_deliveries_are_consumed_one_a_run_and_the_oldest_first(tmp_path: Path) -> None:
    for name, day in [("c", 5), ("a", 19), ("b", 12)]:
        content = f"id,name\n1,day {day}\n".encode()
        deliver(tmp_path, name, {"customer.csv": (1, content)}, began=BEGAN.replace(day=day))
    port = open_port(tmp_path)

    bodies = [(await pull_one(port)).objects[0].body for _ in range(3)]

    assert bodies == [{"id": "1", "name": f"day {day}"} for day in (5, 12, 19)]
    assert content_of(tmp_path) == [
        f"done/{name}/{file}" for name in "abc" for file in ("customer.csv", "manifest.json")
    ]
    with pytest.raises(NothingWaiting):
        await port.begin_run(CUSTOMER, None, NO_OVERLAP)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (("customer.csv", b"id,name\n1,Smid\n"), "customer.csv has sha256 "),
        (("manifest.json", b'{"entity": "customer"}'), "manifest.json: format: Field required"),
        (("manifest.json", b"{"), "manifest.json: the file: Invalid JSON"),
    ],
)
async def test_a_delivery_that_is_not_what_it_promises_is_put_aside_whole_with_the_reason(
    tmp_path: Path, spoil: tuple[str, bytes], message: str
) -> None:
    place = deliver(tmp_path, "customer-1", ONE)
    (place / spoil[0]).write_bytes(spoil[1])
    deliver(tmp_path, "customer-2", ONE, began=BEGAN.replace(day=12))
    port = open_port(tmp_path, settle_s=0)

    rejected = []
    taken = []
    for _ in range(2):
        try:
            taken += (await pull_one(port)).ids()
        except Rejected as error:
            rejected.append(error.message)

    assert len(rejected) == 1
    assert message in rejected[0]
    assert taken == ["1"]
    assert (tmp_path / "failed/customer-1" / spoil[0]).read_bytes() == spoil[1]
    assert message in (tmp_path / "failed/customer-1.reason.txt").read_text()
    assert list((tmp_path / "processing").iterdir()) == []


@pytest.mark.parametrize(
    "files, message",
    [
        ({"customer.csv": (2, b"id,name\n1,Smit\n")}, "customer.csv has 1 rows, the manifest promises 2"),
        ({"customer.csv": (1, b"nr,name\n1,Smit\n")}, "customer.csv:1: no column id"),
        ({"customer.csv": (1, b"id,id\n1,Smit\n")}, "customer.csv:1: column names must be there and differ"),
        ({"customer.csv": (0, b"")}, "customer.csv: empty"),
        ({"contact_media.csv": (0, b"id,customer_id\n")}, "every file belongs to a child list"),
    ],
)
async def test_a_delivery_with_wrong_files_is_refused(
    tmp_path: Path, files: dict[str, tuple[int, bytes]], message: str
) -> None:
    deliver(tmp_path, "week-1", {"contact_media.csv": (0, b"id,customer_id\n"), **files})

    with pytest.raises(Rejected, match=message):
        await open_port(tmp_path, WITH_MEDIA).begin_run(CUSTOMER, None, NO_OVERLAP)

    assert (tmp_path / "failed/week-1/manifest.json").is_file()


async def test_csv_without_the_file_of_a_child_list_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", ONE)

    with pytest.raises(Rejected, match="no file matches 'contact_media\\*', the rows of contact_media"):
        await open_port(tmp_path, WITH_MEDIA).begin_run(CUSTOMER, None, NO_OVERLAP)


async def test_a_listed_file_that_is_missing_or_a_link_is_refused(tmp_path: Path) -> None:
    place = deliver(tmp_path, "week-1", ONE)
    elsewhere = tmp_path / "elsewhere.csv"
    (place / "customer.csv").rename(elsewhere)
    (place / "customer.csv").symlink_to(elsewhere)

    with pytest.raises(Rejected, match=r"customer\.csv is not there as a plain file"):
        await open_port(tmp_path).begin_run(CUSTOMER, None, NO_OVERLAP)


async def test_a_half_written_manifest_is_waited_for(tmp_path: Path) -> None:
    place = deliver(tmp_path, "customer-1", ONE)
    whole = (place / "manifest.json").read_bytes()
    (place / "manifest.json").write_bytes(whole[:40])
    port = open_port(tmp_path)

    with pytest.raises(NothingWaiting):
        await port.begin_run(CUSTOMER, None, NO_OVERLAP)
    (place / "manifest.json").write_bytes(whole)

    assert (await pull_one(port)).ids() == ["1"]


async def test_files_without_a_manifest_are_left_alone_when_it_is_required(tmp_path: Path) -> None:
    _bare(tmp_path, "customer.csv", age_s=3600)

    with pytest.raises(NothingWaiting):
        await open_port(tmp_path).begin_run(CUSTOMER, None, NO_OVERLAP)

    assert content_of(tmp_path) == ["inbox/customer.csv"]


async def test_a_bare_file_is_taken_once_it_lies_still_and_dated_by_its_change(tmp_path: Path) -> None:
    _bare(tmp_path, "customer-new.csv", age_s=5)
    old = _bare(tmp_path, "customer-old.csv", age_s=3600)
    port = open_port(tmp_path, manifest=ManifestRule.OPTIONAL)

    (pulled,) = (await pull_one(port)).objects

    assert pulled.as_of == old
    assert content_of(tmp_path) == ["done/customer-old.csv", "inbox/customer-new.csv"]
    with pytest.raises(NothingWaiting):
        await port.begin_run(CUSTOMER, None, NO_OVERLAP)


async def test_a_name_that_comes_again_overwrites_nothing(tmp_path: Path) -> None:
    port = open_port(tmp_path, manifest=ManifestRule.OPTIONAL)
    for _ in range(3):
        _bare(tmp_path, "customer.csv", age_s=3600)
        await pull_one(port)

    assert content_of(tmp_path) == ["done/customer.2.csv", "done/customer.3.csv", "done/customer.csv"]


async def test_a_second_port_takes_nothing_while_a_run_is_open_and_starts_over_when_it_closed(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", ONE)
    first, second = open_port(tmp_path), open_port(tmp_path)
    begun = await first.begin_run(CUSTOMER, None, NO_OVERLAP)

    with pytest.raises(NothingWaiting, match="another process reads customer"):
        await second.begin_run(CUSTOMER, None, NO_OVERLAP)
    await first.aclose()

    assert await second.begin_run(CUSTOMER, None, NO_OVERLAP) == begun
    await second.aclose()


async def test_a_run_that_was_given_up_blocks_others_no_longer_than_its_lease(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", ONE)
    first, second, third = open_port(tmp_path), open_port(tmp_path), open_port(tmp_path)
    begun = await first.begin_run(CUSTOMER, None, NO_OVERLAP)
    os.utime(tmp_path / ".customer.lock", (0, 0))

    assert await second.begin_run(CUSTOMER, None, NO_OVERLAP) == begun
    with pytest.raises(NothingWaiting, match="another process reads customer"):
        await third.begin_run(CUSTOMER, None, NO_OVERLAP)
    await first.aclose()
    await second.aclose()


async def test_a_delivery_committed_to_its_end_is_not_read_again(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", ONE)
    deliver(tmp_path, "week-2", ONE, began=BEGAN.replace(day=12))
    port = open_port(tmp_path)
    begun = await port.begin_run(CUSTOMER, None, NO_OVERLAP)
    page = await port.pull(CUSTOMER, begun, 10)
    assert page.last

    following = await port.begin_run(CUSTOMER, page.cursor, NO_OVERLAP)

    assert following["delivery"] == "week-2"
    assert (tmp_path / "done/week-1").is_dir()


async def test_nothing_is_made_where_the_root_is_missing(tmp_path: Path) -> None:
    port = open_port(tmp_path / "not-mounted")

    with pytest.raises(Transient, match="is it mounted"):
        await port.begin_run(CUSTOMER, None, NO_OVERLAP)
    with pytest.raises(Transient, match="is it mounted"):
        await port.finished(CUSTOMER, {"delivery": "week-1"})

    assert content_of(tmp_path) == []
    assert not (tmp_path / "not-mounted").exists()


async def test_a_cursor_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        await open_port(tmp_path).pull(CUSTOMER, {"delivery": "../secrets"}, 10)


@pytest.mark.parametrize("format", list(FileFormat))
async def test_an_empty_set_is_a_complete_set(tmp_path: Path, format: FileFormat) -> None:
    write_export(tmp_path, CUSTOMER, [], BEGAN, BEGAN, format, WITH_MEDIA)
    port = open_port(tmp_path, WITH_MEDIA)

    page = await port.pull(CUSTOMER, await port.begin_run(CUSTOMER, None, NO_OVERLAP), 10)

    assert (page.objects, page.last, page.set_began) == ((), True, BEGAN)


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = [{"id": "1", "name": "Smit"}, {"id": "2", "city": "Delft"}]

    with pytest.raises(Invalid, match=r"customer\.csv, row 2: no column city: the columns are id, name"):
        write_export(tmp_path, CUSTOMER, rows, BEGAN, BEGAN)

    assert list((tmp_path / "inbox").iterdir()) == []


def test_an_export_of_the_same_start_is_a_conflict(tmp_path: Path) -> None:
    write_export(tmp_path, CUSTOMER, [{"id": "1"}], BEGAN, BEGAN, layout=EntityLayout())

    with pytest.raises(Conflict):
        write_export(tmp_path, CUSTOMER, [{"id": "2"}], BEGAN, BEGAN)


def _bare(folder: Path, name: str, age_s: float) -> datetime:
    path = folder / "inbox" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"id,name\n1,Smit\n")
    changed = int(datetime.now(UTC).timestamp() - age_s)
    os.utime(path, (changed, changed))
    return datetime.fromtimestamp(changed, UTC)
