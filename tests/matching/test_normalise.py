"""What was written, as it is compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.matching.addresses import Place, place_of
from hub.matching.dates import birth_of, is_day_first
from hub.matching.fold import fold
from hub.matching.keys import keys_of
from hub.matching.names import clean_name, name_parts, split_full_name
from hub.matching.nicknames import full_names
from hub.matching.normalise import Notation, normalise, notation_of
from hub.matching.person import Person, Written
from hub.matching.sound import sound_of


@pytest.mark.parametrize(
    "written, folded",
    [("O'Brien", "obrien"), (" Vries-Bakker ", "vries bakker"), ("Müller", "muller"), ("NULL", ""), ("Иван", "ivan")],
)
def test_folds(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    "written, birth",
    [
        ("19850314", "19850314"),
        ("14031985", "19850314"),
        ("1985-03-14 00:00:00", "19850314"),
        ("14-3-1985", "19850314"),
        ("14 mrt 1985", "19850314"),
        ("March 14, 1985", "19850314"),
        ("14/3/85", "19850314"),
        ("850314", "19850314"),
        ("1985", "1985----"),
        ("19850000", "1985----"),
        ("1985-03", "198503--"),
        ("1985-0-14", "19850014"),
        ("19851345", "19851345"),
        ("19850314.0", "19850314"),
        ("unknown date", ""),
        ("", ""),
    ],
)
def test_reads_dates_of_unknown_notation(written: str, birth: str) -> None:
    assert birth_of(written) == birth


def test_a_column_tells_whether_its_days_come_first() -> None:
    assert is_day_first(["14-3-1985", "2-3-1985"])
    assert not is_day_first(["3/14/1985", "2/3/1985"])
    assert birth_of("3/4/1985", day_first=False) == "19850304"


@pytest.mark.parametrize(
    "street, house, unit, place",
    [
        ("Dorpsstraat 12 a", "", "", Place("dorpsstraat", "12", "a")),
        ("12 Main St", "", "", Place("main street", "12", "")),
        ("Dorpsstraat", "012B", "", Place("dorpsstraat", "12", "b")),
        ("12", "Dorpsstraat", "", Place("dorpsstraat", "12", "")),
        ("1st Avenue", "7", "apt 3", Place("1st avenue", "7", "3")),
        ("", "", "", Place("", "", "")),
    ],
)
def test_takes_addresses_apart(street: str, house: str, unit: str, place: Place) -> None:
    assert place_of(street, house, unit) == place


def test_particles_and_titles_do_not_tell_people_apart() -> None:
    assert name_parts(clean_name("Mevr. van der Berg")).core == "berg"
    assert name_parts(clean_name("Vandenberg")).compact == name_parts(clean_name("van den Berg")).compact
    assert clean_name("Dr") == "dr"


@pytest.mark.parametrize(
    "line, parts",
    [
        ("Jan Willem van der Berg", ("jan willem", "van der berg")),
        ("Berg, Jan van der", ("jan van der", "berg")),
        ("John Smith", ("john", "smith")),
        ("Smith", ("", "smith")),
    ],
)
def test_splits_a_full_name(line: str, parts: tuple[str, str]) -> None:
    assert split_full_name(line) == parts


def test_names_heard_alike_sound_alike() -> None:
    assert sound_of("schmidt") == sound_of("schmitt")
    assert sound_of("philips") == sound_of("filips")
    assert sound_of("visser") != sound_of("bakker")


def test_knows_english_and_dutch_short_names() -> None:
    assert full_names("bill") & full_names("william")
    assert full_names("kees") & full_names("cornelis")
    assert not full_names("kees") & full_names("piet")


def test_a_file_without_given_names_is_seen_to_hold_full_names() -> None:
    notation = notation_of([Written(family_name="Jan de Vries"), Written(family_name="Piet Smit")])
    assert notation == Notation(day_first=True, full_names=True)
    assert normalise(Written(family_name="Jan de Vries"), notation).given == "jan"


def test_normalises_every_field() -> None:
    written = Written(
        "Jan", "de Vries", "1985-03-14", "Dorpsstraat 3", "", "", "'s-Gravenhage", "ZH", "2511 AB", "J.de.V+x@Mail.nl"
    )._replace(phone="+31 6 1234 5678")
    assert normalise(written, Notation()) == Person(
        "jan",
        "de vries",
        "19850314",
        "dorpsstraat",
        "3",
        "",
        "s gravenhage",
        "zh",
        "2511ab",
        "jdev@mail.nl",
        "612345678",
    )


@settings(max_examples=150)
@given(st.builds(Written, *[st.text(max_size=20)] * len(Written._fields)))
def test_any_text_is_normalised_and_has_keys(written: Written) -> None:
    person = normalise(written, Notation())
    assert all(text.isascii() for text in person[:9])
    assert keys_of(person) == keys_of(person)
