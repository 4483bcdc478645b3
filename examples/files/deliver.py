"""Write a small weekly export: `python -m examples.files.deliver DROP_FOLDER`, as the CRM's job would each week."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.files import ChildLayout, EntityLayout, write_export
from hub.records.identity import Entity
from hub.records.source import JsonObject

LAYOUT = EntityLayout(
    id="CUSTNO",
    stamp="CHANGED",
    time_zone="Europe/Amsterdam",
    children={
        "media": ChildLayout(files="media*.csv", parent="CUSTNO", id="MEDIANO"),
        "addresses": ChildLayout(files="addresses*.csv", parent="CUSTNO", id="ADDRNO"),
    },
)

CUSTOMERS: list[JsonObject] = [
    {
        "CUSTNO": "10017",
        "TYPE": "P",
        "FULLNAME": "Anna de Vries",
        "BORN": "1984-03-09",
        "LEVEL": "GOLD",
        "CLASS": "A",
        "WORTH": "12500.00",
        "CHANGED": "2026-01-04 16:20:00",
        "media": [
            {"MEDIANO": "1", "KIND": "EML", "VALUE": "anna.devries@example.invalid", "MAIN": "Y"},
            {"MEDIANO": "2", "KIND": "MOB", "VALUE": "06-12345678", "MAIN": "N"},
            {"MEDIANO": "3", "KIND": "FAX", "VALUE": "015-1234567", "MAIN": "N"},
        ],
        "addresses": [
            {
                "ADDRNO": "1",
                "STREET": "Oude Delft",
                "HOUSENO": "12a",
                "ZIP": "2611 CC",
                "CITY": "Delft",
                "COUNTRY": None,
            }
        ],
    },
    {
        "CUSTNO": "10018",
        "TYPE": "C",
        "FULLNAME": 'Bakkerij "De Zon"; Gouda',
        "BORN": None,
        "LEVEL": None,
        "CLASS": "C",
        "WORTH": None,
        "CHANGED": "2025-11-30 09:00:00",
        "media": [],
        "addresses": [],
    },
]


def deliver(folder: Path, started_at: datetime) -> Path:
    """The delivery, in `inbox/` of the folder."""
    return write_export(folder, Entity.CUSTOMER, CUSTOMERS, started_at, layout=LAYOUT, delimiter=";")


if __name__ == "__main__":
    print(deliver(Path(sys.argv[1]), datetime.now(UTC)))
