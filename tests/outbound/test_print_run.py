"""Print runs: what is due at the hour, nothing that was answered, each letter in one run wherever the process dies."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.outbound.print_run import PrintLetters
from hub.ports.outbound import Run
from hub.records.leads import LeadOutcome
from hub.settings.channels import OutboundRules, Step
from hub.store.engine import Database
from hub.work.work import Work
from tests.leads.opening import answered
from tests.outbound.company import LETTERS, Street, lead_for, limited, outbound
from tests.outbound.conftest import OpenStreet

ONLY_LETTERS = OutboundRules(steps=(Step(channels=("letters",)),))
FOUR_HOURS = timedelta(hours=4)  # from the company's noon to the run's hour


@pytest.fixture
def street(open_street: OpenStreet) -> Street:
    return open_street(outbound(rules=ONLY_LETTERS))


def runs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*")) if folder.exists() else []


def letters(run: Path) -> list[dict[str, str]]:
    with (run / "letters.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def at_the_hour(street: Street) -> Work:
    """A run was opened before; its hour has come."""
    await street.queue()
    street.now += FOUR_HOURS
    (work,) = await street.queue()
    return work


async def test_a_run_holds_what_is_due_with_the_addresses_of_that_moment(street: Street) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await lead_for(street.database, "Cor Smit")
    await street.plan()
    work = await at_the_hour(street)
    async with street.database.transaction() as connection:
        await connection.execute(text("UPDATE postal_address SET house_number = '14' WHERE house_number = '12'"))
    await street.carry_out(work)
    (run,) = runs(street.folder)
    assert run.name.startswith("letters-20260302T160000Z-")
    assert [row["name"] for row in sorted(letters(run), key=lambda row: row["name"])] == ["Anna Bakker", "Cor Smit"]
    assert {row["house_number"] for row in letters(run)} == {"14"}
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((run / "letters.csv").read_bytes()).hexdigest()
    assert manifest["files"] == [{"name": "letters.csv", "rows": 2, "sha256": digest}]
    assert await street.states(lead) == {"letters": "SENT"}
    async with street.database.reading() as connection:
        found = await connection.execute(text("SELECT state, letters, digest FROM print_run ORDER BY closes_at"))
        assert [tuple(row) for row in found] == [("DELIVERED", 2, digest), ("OPEN", None, None)]


async def test_who_answers_before_the_hour_is_not_printed(street: Street) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    other = await lead_for(street.database, "Cor Smit")
    await street.plan()
    work = await at_the_hour(street)
    await answered(street.database, lead, LeadOutcome.ACCEPTED, street.now)
    await street.carry_out(work)
    (run,) = runs(street.folder)
    assert [row["name"] for row in letters(run)] == ["Cor Smit"]
    assert (await street.states(lead), await street.states(other)) == (
        {"letters": "STOPPED RESPONDED"},
        {"letters": "SENT"},
    )


async def test_who_answers_after_the_closing_is_printed(street: Street) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    work = await at_the_hour(street)
    printing = Dying(street, after="_close")
    with pytest.raises(Died):
        await printing(work)
    await answered(street.database, lead, LeadOutcome.ACCEPTED, street.now)
    await street.tidy()
    await street.carry_out(work)
    assert len(letters(runs(street.folder)[0])) == 1
    assert await street.states(lead) == {"letters": "SENT"}


class Died(Exception):
    """As if the process had been killed there."""


class Dying(PrintLetters):
    """Goes no further than one step; what it has committed and written by then stays, as after kill -9."""

    def __init__(self, street: Street, after: str) -> None:
        super().__init__(street.room)
        object.__setattr__(self, "after", after)
        object.__setattr__(self, after, self._then_die(getattr(self, after)))

    def _then_die(self, step: Any) -> Any:
        async def died(*arguments: object, **named: object) -> None:
            await step(*arguments, **named)
            raise Died

        return died


@pytest.mark.parametrize("step", ["_take_in", "_close", "_letters", "_become", "_sent"])
async def test_a_run_goes_on_from_wherever_its_process_died(street: Street, step: str) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    work = await at_the_hour(street)
    with pytest.raises(Died):
        await Dying(street, after=step)(work)
    for _ in range(2):
        await street.carry_out(work)
    (run,) = runs(street.folder)
    assert len(letters(run)) == 1
    assert await street.states(lead) == {"letters": "SENT"}


async def test_a_run_that_was_fetched_before_the_process_noted_it_is_not_written_again(street: Street) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    work = await at_the_hour(street)
    with pytest.raises(Died):
        await Dying(street, after="_become")(work)
    async with street.database.reading() as connection:
        channel, closes_at, run_id = (
            await connection.execute(text("SELECT channel, closes_at, id FROM print_run WHERE state = 'STAGED'"))
        ).one()
    name = f"{channel}-{closes_at:%Y%m%dT%H%M%SZ}-{run_id.hex[:8]}"
    street.room.streets["letters"].hand_over(name)
    fetched = street.folder.parent / "fetched"
    (street.folder / name).rename(fetched)
    await street.carry_out(work)
    assert runs(street.folder) == []
    assert len(letters(fetched)) == 1
    assert await street.states(lead) == {"letters": "SENT"}


async def test_a_day_takes_no_more_letters_than_the_street_prints(company: Database, open_street: OpenStreet) -> None:
    street = open_street(outbound(letters=limited(LETTERS, per_day=1), rules=ONLY_LETTERS))
    for person in ("Anna Bakker", "Cor Smit"):
        await lead_for(company, person)
    await street.plan()
    await street.carry_out(await at_the_hour(street))
    assert [len(letters(run)) for run in runs(street.folder)] == [1]
    street.forward(days=1)
    await street.work()
    assert [len(letters(run)) for run in runs(street.folder)] == [1, 1]


async def test_a_run_without_letters_leaves_no_file(street: Street) -> None:
    await street.carry_out(await at_the_hour(street))
    assert runs(street.folder) == []


def test_staging_again_replaces_what_an_earlier_attempt_left(street: Street) -> None:
    folder = street.room.streets["letters"]
    first = Run("letters-1", "letters", street.now, ("name",), [{"name": "Anna"}, {"name": "Cor"}])
    second = Run("letters-1", "letters", street.now, ("name",), [{"name": '=Cor;\n"x"'}])
    assert folder.stage(first) != folder.stage(second)
    assert runs(street.folder) == []
    folder.hand_over("letters-1")
    folder.hand_over("letters-1")
    assert letters(street.folder / "letters-1") == [{"name": '=Cor;\n"x"'}]
