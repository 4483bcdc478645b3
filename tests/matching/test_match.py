"""Whole files, recognised without labels on a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import asyncpg
import pytest

from benchmarks.people.labelled import Labelled, labelled_people
from benchmarks.people.people import people
from hub.matching.match import Matches, know, match
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Written

pytestmark = pytest.mark.slow


async def matched(database_url: str, written: Sequence[Written], split: int | None = None) -> Matches:
    connection = await asyncpg.connect(database_url)
    try:
        known = know((normalise(one, Notation()) for one in written), lambda: split)
        return await match(connection, known, lambda what, share: None)
    finally:
        await connection.close()


def f1(people: Sequence[Labelled], matches: Matches) -> float:
    true = sum(count * (count - 1) // 2 for count in Counter(one.person for one in people).values())
    right = sum(people[a].person == people[b].person for (a, b), _ in matches.pairs)
    return 2 * right / (true + len(matches.pairs))


async def test_most_of_a_dirty_file_is_recognised_with_all_fields_and_with_few(database_url: str) -> None:
    people = labelled_people(1500, seed=7)
    every = await matched(database_url, [one.written for one in people])
    assert f1(people, every) > 0.93
    few = [Written(w.given_name, w.family_name, w.birth_date, postal_code=w.postal_code) for _, _, w in people]
    assert f1(people, await matched(database_url, few)) > 0.80


async def test_the_same_file_gives_the_same_answer(database_url: str) -> None:
    written = [one.written for one in labelled_people(300, seed=3)]
    assert (await matched(database_url, written)).pairs == (await matched(database_url, written)).pairs


async def test_tiny_files_lean_on_experience(database_url: str) -> None:
    jan = Written("Jan", "de Vries", "1985-03-14", "Dorpsstraat", "3", "", "Utrecht", "UT", "3511 AB")
    assert (await matched(database_url, [])).pairs == []
    assert (await matched(database_url, [jan])).pairs == []
    assert (await matched(database_url, [jan, jan], split=2)).pairs == []
    assert [pair for pair, _ in (await matched(database_url, [jan, jan], split=1)).pairs] == [(0, 1)]
    typo = jan._replace(family_name="Vires", birth_date="14-03-1985")
    other = Written("Fatima", "Bouazza", "1990-01-02", "Kerkweg", "8", "", "Breda", "NB", "4811 XX")
    assert [pair for pair, _ in (await matched(database_url, [jan, other, typo])).pairs] == [(0, 2)]


async def test_people_who_share_home_phone_and_mailbox_stay_apart(database_url: str) -> None:
    crowd = [one.written for one in labelled_people(800, seed=5)]
    home = Written(
        "", "Groenveld", "", "Dorpsstraat", "3", "", "Utrecht", "UT", "3511 AB", "groenveld@example.com", "0301234567"
    )
    family = [
        home._replace(given_name="Jan", birth_date="1955-03-14"),
        home._replace(given_name="Maria", birth_date="1957-11-02"),
        home._replace(given_name="Sanne", birth_date="1985-06-21"),
        home._replace(given_name="Fleur", birth_date="1985-06-21", email="fleur@example.com"),
        home._replace(given_name="Jan", birth_date="1987-09-30"),
    ]
    pairs = (await matched(database_url, [*family, *crowd])).pairs
    assert [pair for pair, _ in pairs if pair[1] < len(family)] == []


async def test_of_two_files_each_record_gets_its_best_partner(database_url: str) -> None:
    people = labelled_people(600, seed=11)
    first = {one.person: one for one in reversed(people)}
    left = list(first.values())
    right = list({one.person: one for one in people if first[one.person] is not one}.values())
    matches = await matched(database_url, [one.written for one in [*left, *right]], split=len(left))
    both = [*left, *right]
    assert all(a < len(left) <= b for (a, b), _ in matches.pairs)
    right_ones = sum(both[a].person == both[b].person for (a, b), _ in matches.pairs)
    assert right_ones / len(matches.pairs) > 0.95
    assert right_ones / len(right) > 0.80


async def test_who_moved_is_recognised_by_name_and_year_and_his_family_is_not(database_url: str) -> None:
    people = labelled_people(1200, seed=11)
    moved = Written("Wilhelmina", "Quispel", "1976", "Dorpsstraat", "3", "", "Utrecht", "UT", "3511 AB")
    away = moved._replace(street="Havenkade", house_number="118", locality="Delft", region="ZH", postal_code="2611 XZ")
    brother = away._replace(given_name="Thijmen", birth_date="1979")
    years = [one.written._replace(birth_date=one.written.birth_date[:4], email="", phone="") for one in people]
    pairs = [pair for pair, _ in (await matched(database_url, [moved, away, brother, *years])).pairs]
    assert (0, 1) in pairs
    assert not {(0, 2), (1, 2)} & set(pairs)


async def test_mailboxes_made_of_names_do_not_teach_that_families_are_one_person(database_url: str) -> None:
    people = labelled_people(1500, seed=5)
    written = [
        Written(
            given_name=one.given_name,
            family_name=one.family_name.split()[-1] if one.family_name else "",
            birth_date=one.birth_date,
            email=f"{one.given_name[:1]}.{one.family_name}{place % 90}@example.org".lower().replace(" ", ""),
        )
        for place, (_, _, one) in enumerate(people)
    ]
    assert f1(people, await matched(database_url, written)) > 0.75


async def test_families_of_whom_each_comes_many_times_do_not_teach_that_they_are_one_person(database_url: str) -> None:
    random = Random(11)

    def slipped(value: str) -> str:
        place = random.randrange(len(value) or 1)
        return value[:place] + value[place + 1 :] if random.random() < 0.15 else value

    persons = [
        Written(p.given_name, p.family_name, "", "", "", "", p.locality, "", p.postal_code) for p in people(random, 150)
    ]
    file = [
        Labelled(str(at), number, Written(*map(slipped, one))) for number, one in enumerate(persons) for at in range(6)
    ]
    found = await matched(database_url, [one.written for one in file])
    right = sum(file[a].person == file[b].person for (a, b), _ in found.pairs)
    assert right > 0.8 * len(found.pairs)
    assert f1(file, found) > 0.88
