"""What the documents point at is there, what they quote is so, and they name no place that only we know."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "secrets").glob("*.md"),
        *(path for path in ROOT.glob("examples/**/*.md") if "node_modules" not in path.parts),
    ]
)

LINK: Final = re.compile(r"\[[^]]*]\(([^)\s]+)\)")
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
QUOTED: Final = re.compile(r"<!-- from (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
REFERENCED: Final = re.compile(r"`((?:hub|tests|schema|adapters)/[\w/]*(?:\.py)?)`")

# Hosts of package indexes (whoever installs chooses his own) and folders of the machine the hub was built on, in parts
# so that this file is not found itself. `hub/work` is a room.
FORBIDDEN: Final = re.compile(
    "|".join([r"pypi[.]org", r"pythonhosted[.]org", r"npmjs[.]org", r"(?<!\w)/wor[k]/", r"[.][.]/share[d]"])
)


def anchors(document: Path) -> set[str]:
    """The headings' anchors: lower case, dashes for spaces, no punctuation."""
    headings = HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_quoted_code_stands_in_the_file_it_is_quoted_from() -> None:
    quotes = QUOTED.findall((ROOT / "docs" / "adapters.md").read_text(encoding="utf-8"))
    assert len(quotes) == 9
    assert [name for name, code in quotes if code not in (ROOT / name).read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("decision", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_has_the_five_headings_is_listed_and_refers_to_files_that_exist(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
        "References",
    ]
    assert f"({decision.name})" in (decision.parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in REFERENCED.findall(text) if not (ROOT / name).exists()] == []


def test_every_room_of_the_import_rules_is_described() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    rooms = {room.replace(".", "/") for layer in contracts[0]["layers"] for room in re.findall(r"[\w.]+", layer)}
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {room for room in rooms if f"`{room}`" not in text} == set()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout: which files are ours is not known")
def test_committed_files_name_no_package_index_and_no_folder_of_ours() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    found = set()
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file():
            found |= {(name, word) for word in FORBIDDEN.findall(path.read_text(encoding="utf-8", errors="replace"))}
    assert found == set()
