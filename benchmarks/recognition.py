"""Recognition without labels on labelled people: precision, recall, F1 and seconds, beside Splink on the same records.

    python -m benchmarks.recognition [--records 20000] [--seed 41] [--febrl]

The people are generated (benchmarks/people: households, twins, switchboards; errors of typing and of meaning), once
with all fields and once with names, birth date and postal code only. Both get the same CSV file and no label; Splink's
pairs are those from 0.95 on. `--febrl` adds sets that we did not make: FEBRL 1 to 4, which the recordlinkage package
ships, with all its fields and with few. Splink and recordlinkage are installed into .hub/bench/splink at the first
start.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.people.labelled import labelled_people
from hub.entrypoints.match_files import match_files, write_pairs
from hub.matching.person import Field, Written
from hub.matching.records_file import RecordsFile

ROOT = Path(__file__).parents[1]
SPLINK = ROOT / ".hub" / "bench" / "splink"
FEW = ("given_name", "family_name", "birth_date", "postal_code")
FEBRL: Mapping[Field, str] = {
    Field.ID: "rec_id",
    Field.GIVEN_NAME: "given_name",
    Field.FAMILY_NAME: "surname",
    Field.BIRTH_DATE: "date_of_birth",
    Field.STREET: "address_1",
    Field.HOUSE_NUMBER: "street_number",
    Field.UNIT: "address_2",
    Field.LOCALITY: "suburb",
    Field.REGION: "state",
    Field.POSTAL_CODE: "postcode",
}


@dataclass(frozen=True)
class Score:
    """What was found, beside what is true."""

    found: int
    right: int
    true: int
    seconds: float

    def __str__(self) -> str:
        precision, recall = self.right / max(self.found, 1), self.right / max(self.true, 1)
        f1 = 2 * self.right / max(self.found + self.true, 1)
        return f"precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}, {self.seconds:.1f} s"


def scored(pairs: Path, person_of: Mapping[str, str], true: int, seconds: float) -> Score:
    """Compare a file of pairs with the labels."""
    with pairs.open(encoding="utf-8", newline="") as stream:
        found = [person_of[row["id_a"]] == person_of[row["id_b"]] for row in csv.DictReader(stream)]
    return Score(len(found), sum(found), true, seconds)


def ours(files: Sequence[Path], headers: Mapping[Field, str], pairs: Path) -> float:
    """Seconds of `hub match`, start of its PostgreSQL included."""
    began = time.perf_counter()
    write_pairs(match_files([RecordsFile(file, headers) for file in files], lambda what, share: None), pairs)
    return time.perf_counter() - began


def splinks(file: Path, pairs: Path) -> float:
    """Seconds of Splink, measured inside its process, without its imports."""
    command = [str(SPLINK / "bin" / "python"), str(ROOT / "benchmarks" / "splink_link.py"), str(file), str(pairs)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def install_splink() -> None:
    """Once, into an environment of its own."""
    if (SPLINK / "bin" / "python").exists():
        return
    print("Installing Splink ...", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(SPLINK)], check=True)
    wanted = ["splink==5.0.0", "pandas>=2,<3", "recordlinkage==0.16"]
    subprocess.run([str(SPLINK / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted], check=True)


def beside_splink(folder: Path, records: int, seed: int) -> None:
    """Print both scores, with all fields and with few."""
    people = labelled_people(records, seed)
    person_of = {one.id: str(one.person) for one in people}
    true = sum(count * (count - 1) // 2 for count in Counter(person_of.values()).values())
    for title, fields in (("all fields", Written._fields), ("names, birth date, postal code", FEW)):
        file, pairs = folder / "people.csv", folder / "pairs.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("id", *fields))
            writer.writerows((one.id, *(getattr(one.written, field) for field in fields)) for one in people)
        print(f"{records:,} records, {true:,} pairs of one person, {title}")
        print(f"  hub match: {scored(pairs, person_of, true, ours([file], {}, pairs))}", flush=True)
        print(f"  Splink:    {scored(pairs, person_of, true, splinks(file, pairs))}", flush=True)


def febrl(folder: Path) -> Iterator[str]:
    """A line per set that others made."""
    found = next(SPLINK.glob("lib/python*/site-packages/recordlinkage/datasets/febrl"))
    few = {field: header for field, header in FEBRL.items() if field in (Field.ID, *FEW)}
    for names in (("dataset1",), ("dataset2",), ("dataset3",), ("dataset4a", "dataset4b")):
        files = [found / f"{name}.csv" for name in names]
        person_of: dict[str, str] = {}
        counts = []
        for file in files:
            with file.open(encoding="utf-8", newline="") as stream:
                ids = [row["rec_id"] for row in csv.DictReader(stream, skipinitialspace=True)]
            person_of |= {identity: identity.split("-")[1] for identity in ids}
            counts.append(Counter(person_of[identity] for identity in ids))
        within = sum(count * (count - 1) // 2 for count in counts[0].values())
        true = within if len(files) == 1 else sum(count * counts[1][person] for person, count in counts[0].items())
        for title, headers in (("all fields", FEBRL), ("few fields", few)):
            seconds = ours(files, headers, folder / "pairs.csv")
            yield f"  FEBRL {names[0][7:8]}, {title}: {scored(folder / 'pairs.csv', person_of, true, seconds)}"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--febrl", action="store_true")
    options = parser.parse_args()
    install_splink()
    with tempfile.TemporaryDirectory() as name:
        beside_splink(Path(name), options.records, options.seed)
        if options.febrl:
            print("Sets of the recordlinkage package, hub match")
            for line in febrl(Path(name)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
