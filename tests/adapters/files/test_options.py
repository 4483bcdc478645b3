"""What hub.yaml may say, and what `hub check` finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.files import EntityLayout, FilesOptions
from hub.ports.capabilities import Capabilities, PullKind
from tests.adapters.files.drops import CUSTOMER, deliver, open_port


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("encoding", "utf-16", "not a superset of ASCII"),
        ("encoding", "klingon", "unknown encoding 'klingon'"),
        ("delimiter", "ab", "should match pattern"),
        ("delimiter", '"', "should match pattern"),
        ("entities", {}, "at least 1 item"),
        ("entities", {"customer": {"time_zone": "Mars/Olympus"}}, "unknown time zone 'Mars/Olympus'"),
        ("foldr", "x", "Extra inputs are not permitted"),
    ],
)
def test_mistakes_are_told(field: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FilesOptions.model_validate({"folder": "/drop", "entities": {"customer": {}}, field: value})


def test_capabilities_follow_the_layout(tmp_path: Path) -> None:
    layout = EntityLayout(stamp="at")
    port = open_port(tmp_path, layout)

    assert port.capabilities == {CUSTOMER: Capabilities(pull=PullKind.FULL, versions=True)}


async def test_check_names_what_nobody_will_pick_up(tmp_path: Path) -> None:
    deliver(tmp_path, "week-1", {"customer.csv": (0, b"id\n")})
    (tmp_path / "inbox" / "people.xlsx").touch()

    failed = [result for result in await open_port(tmp_path).check() if not result.ok]

    assert [(one.name, one.detail) for one in failed] == [
        ("inbox", "not taken: people.xlsx; it takes a folder with manifest.json, of customer")
    ]


async def test_check_of_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    (result,) = await open_port(tmp_path / "drop").check()

    assert not result.ok
    assert result.detail.endswith(f"create or mount {tmp_path / 'drop'} and let the hub's user write there")
