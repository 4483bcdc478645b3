"""The exported schema against compilers, composers, linters and the last released schema."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import schema
from schema.sdl import export_sdl, export_subgraph
from tests.conformance.clients import SOURCE, findings, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]

RELEASED = Path(schema.__file__).with_name("released.graphql")
ACCEPTED = Path(schema.__file__).with_name("accepted_changes.json")


@pytest.fixture
def sdl(tmp_path: Path) -> Path:
    path = tmp_path / "schema.graphql"
    path.write_text(export_sdl(), encoding="utf-8")
    return path


async def test_relay_compiles_an_application_against_the_schema(node: Path, sdl: Path, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    shutil.copy(SOURCE / "relay" / "View.js", tmp_path / "src" / "View.js")
    configuration = {"src": "src", "schema": "schema.graphql", "language": "javascript"}
    (tmp_path / "relay.config.json").write_text(json.dumps(configuration), encoding="utf-8")
    done = run(node, tmp_path, "relay-compiler", "relay.config.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "src" / "__generated__" / "OrdersQuery.graphql.js").exists()


async def test_a_gateway_composes_the_hub_with_another_subgraph(node: Path, tmp_path: Path) -> None:
    path = tmp_path / "subgraph.graphql"
    path.write_text(export_subgraph(), encoding="utf-8")
    (composed,) = [found async for found in findings(node, {}, "compose.mjs", str(path))]
    assert composed["errors"] == []
    assert {"id", "name", "orders", "points"} <= set(composed["fields"])


async def test_connections_keep_to_the_rules_of_relay(node: Path, sdl: Path) -> None:
    (linted,) = [found async for found in findings(node, {}, "lint.mjs", str(sdl))]
    assert len(linted["rules"]) == 4
    assert linted["found"] == []


def breaking(node: Path, old: Path, new: Path, accepted: Path) -> tuple[int, str]:
    """Exit status and words of the comparison; 1 when a change breaks clients and is not accepted."""
    rule = str(node / "accepted.cjs")
    environment = {**os.environ, "HUB_ACCEPTED": str(accepted)}
    done = run(node, old.parent, "graphql-inspector", "diff", str(old), str(new), "--rule", rule, env=environment)
    return done.returncode, done.stdout + done.stderr


def test_nothing_that_was_released_is_broken_unless_accepted(node: Path, sdl: Path) -> None:
    status, told = breaking(node, RELEASED, sdl, ACCEPTED)
    assert status == 0, f"{told}\nmend it, or accept it with its reason in schema/{ACCEPTED.name}"


def test_a_removed_field_is_found_and_can_be_accepted(node: Path, sdl: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.graphql"
    changed.write_text(
        sdl.read_text(encoding="utf-8").replace("  birthDate: Date\n", "  bornOn: Date\n"), encoding="utf-8"
    )
    accepted = tmp_path / "accepted.json"
    accepted.write_text("[]", encoding="utf-8")
    status, told = breaking(node, sdl, changed, accepted)
    assert (status, "birthDate" in told) == (1, True)
    accepted.write_text('[{"path": "Customer.birthDate", "reason": "renamed"}]', encoding="utf-8")
    assert breaking(node, sdl, changed, accepted)[0] == 0
