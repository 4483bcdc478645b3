"""A hub to be killed: starts a server over the folder given, tells its process number and waits for its end."""

import sys
from pathlib import Path

from hub.embedded.postgres import EmbeddedPostgres

if __name__ == "__main__":
    with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
        print(server.pid, flush=True)
        sys.stdin.read()
