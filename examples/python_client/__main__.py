"""Print a customer's view, then his name at every change.

HUB_URL=http://127.0.0.1:8080 HUB_TOKEN=... python -m examples.python_client +31612345678 [how many messages]
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Final

import httpx2

from examples.python_client.follow import follow

VIEW: Final = """
query View($phone: String!) {
  customer(by: {phone: $phone}) { id name contactMedia { kind value source } }
}
"""


async def main(phone: str, count: int | None) -> None:
    """Until `count` messages were heard, or Ctrl-C."""
    headers = {"authorization": f"Bearer {os.environ['HUB_TOKEN']}"}
    url = os.environ.get("HUB_URL", "http://127.0.0.1:8080")
    async with httpx2.AsyncClient(base_url=url, headers=headers) as client:
        answer = await client.post("/graphql", json={"query": VIEW, "variables": {"phone": phone}})
        told = answer.json()
        if told.get("errors"):
            sys.exit(told["errors"][0]["message"])
        customer = told["data"]["customer"]
        if customer is None:
            sys.exit("nobody has this number")
        media = ", ".join(f"{m['kind']} {m['value']} ({m['source']})" for m in customer["contactMedia"])
        print(f"{customer['name']}: {media}", flush=True)
        heard = 0
        async for update in follow(client, customer["id"]):
            print(f"{update['event']} {update['customer']['name']}", flush=True)
            heard += 1
            if heard == count:
                return


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None))
