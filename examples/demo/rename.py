"""Look at, or rename, a party in the demonstration's running Tryton: bypassing the hub, as a colleague would.

python -m examples.demo.rename PARTY_ID [NEW_NAME]
"""

from __future__ import annotations

import sys

from examples.demo.places import HOME, PORT_FILE
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import ADMIN


def main(arguments: list[str]) -> int:
    """Print name and contact mechanisms; with a name, change it first."""
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    party = int(arguments[0])
    url = (HOME / PORT_FILE).read_text(encoding="utf-8").strip()
    password = (HOME / "tryton" / "password").read_text(encoding="utf-8")
    crm = TrytonRpc(url, "crm", ADMIN, password)
    if len(arguments) == 2:
        crm.write("party.party", [party], {"name": arguments[1]})
    (found,) = crm.search_read("party.party", [["id", "=", party]], ["name"])
    print(found["name"])
    for mechanism in crm.search_read("party.contact_mechanism", [["party", "=", party]], ["type", "value"]):
        print(f"  {mechanism['type']}: {mechanism['value']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
