"""Look at, or rename, a party in the demonstration's running Tryton: bypassing the hub, as a colleague would."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from examples.demo.places import HOME, PORT_FILE
from examples.demo.tryton.roles import DEMO
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import ADMIN


def main() -> int:
    """Print name and contact mechanisms; with a name, change it first."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.rename", description=__doc__)
    parser.add_argument("party", type=int, help="the party's id in that database")
    parser.add_argument("name", nargs="?", help="its new name; without one nothing changes")
    parser.add_argument("--in", dest="database", choices=list(DEMO), default="crm", help="default: crm")
    parser.add_argument("--data-dir", type=Path, default=HOME, help="of the demonstration that runs")
    options = parser.parse_args()
    url = (options.data_dir / PORT_FILE).read_text(encoding="utf-8").strip()
    password = (options.data_dir / "tryton" / "password").read_text(encoding="utf-8")
    with TrytonRpc(url, options.database, ADMIN, password) as tryton:
        if options.name is not None:
            tryton.write("party.party", [options.party], {"name": options.name})
        (found,) = tryton.search_read("party.party", [["id", "=", options.party]], ["name"])
        print(found["name"])
        for mechanism in tryton.search_read(
            "party.contact_mechanism", [["party", "=", options.party]], ["type", "value"]
        ):
            print(f"  {mechanism['type']}: {mechanism['value']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
