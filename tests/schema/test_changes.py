"""What changed since a released schema is told, and nothing breaks clients without being accepted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schema.changes import RELEASED, Change, Effect, accepted_changes, changes, written
from schema.sdl import export_sdl

CHANGELOG = Path(__file__).parents[2] / "docs" / "schema-changelog.md"

OLD = """
type Query { who(id: ID!): Person things: [Thing!]! count: Int }
type Person { name: String! age: Int }
enum Colour { RED GREEN }
union Thing = Person
input Wanted { colour: Colour }
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "effect"),
    [
        ("  ", " ", None, None),
        ("age: Int", "", "Person.age", Effect.BREAKING),
        ("name: String!", "name: String", "Person.name", Effect.BREAKING),
        ("(id: ID!)", "(id: ID!, more: Int!)", "Query.who", Effect.BREAKING),
        ("RED GREEN", "RED", "Colour.GREEN", Effect.BREAKING),
        ("RED GREEN", "RED GREEN BLUE", "Colour.BLUE", Effect.DANGEROUS),
        ("union Thing = Person", "type Dog { a: Int } union Thing = Person | Dog", None, Effect.DANGEROUS),
        ("age: Int", "age: Int born: Int", "Person.born", Effect.SAFE),
        ("age: Int", '"How old." age: Int', None, None),
    ],
)
def test_a_change_is_told_by_what_it_does_to_clients(
    old: str, new: str, place: str | None, effect: Effect | None
) -> None:
    found = changes(OLD, OLD.replace(old, new))
    if effect is None:
        assert found == []
        return
    assert effect in {change.effect for change in found}
    assert place is None or place in {change.place for change in found}


def test_an_accepted_change_gives_its_reason() -> None:
    (found,) = changes(OLD, OLD.replace("age: Int", ""), {"Person.age": "nobody knows it"})
    assert (found.effect, found.reason) == (Effect.BREAKING, "nobody knows it")
    assert "- Field Person.age was removed. nobody knows it" in written([found])
    assert "### Added\n\nNothing." in written([found])


def since_the_release() -> list[Change]:
    return [*changes(RELEASED.read_text(encoding="utf-8"), export_sdl(), accepted_changes())]


def test_nothing_that_was_released_breaks_without_being_accepted() -> None:
    broken = [each for each in since_the_release() if each.effect is Effect.BREAKING and each.reason is None]
    assert broken == [], "mend it, or accept it with its reason in schema/accepted_changes.json"


def test_the_changelog_names_every_change_that_a_client_must_look_at() -> None:
    told = CHANGELOG.read_text(encoding="utf-8")
    missing = [each.words for each in since_the_release() if each.effect is not Effect.SAFE and each.words not in told]
    assert missing == [], "write docs/schema-changelog.md anew with `hub schema changes`"


@pytest.mark.slow
def test_the_command_prints_them_and_fails_where_something_breaks(tmp_path: Path) -> None:
    mine = tmp_path / "mine.graphql"
    mine.write_text(
        export_sdl().replace("  birthDate: Date\n", "  birthDate: Date\n  shoeSize: Int\n", 1), encoding="utf-8"
    )
    command = [sys.executable, "-m", "hub.entrypoints.cli", "schema", "changes", "--since", str(mine)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "shoeSize was removed" in done.stdout) == (1, True)
