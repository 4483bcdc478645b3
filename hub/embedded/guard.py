"""Run one command and end it when the process that asked for it ends, however that ends.

`process.py` starts this file as a script: the standard library alone, so that it is up within milliseconds
and nothing that happens to the hub happens to it. Standard input is its line to the hub. No byte ever comes
over it; its end means "stop", and the kernel closes it for a hub that was killed with -9 just as the hub
does for an orderly stop. Should the guard itself be killed, Linux sends the command its first stop signal
(elsewhere the next start finds the orphan).

The order is one JSON argument: `command`, `cwd`, `uid`, `gid` (null: stay who we are) and `stop`, pairs of
signal number and seconds to wait for its effect. The answer is one line on standard output: the command's
pid, or why it failed. The command writes to our standard error.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dying_with(guard: int, death_signal: int) -> Callable[[], None]:
    """What the child does between changing its user and exec: a change of user would clear the wish again."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_for_death_signal() -> None:
        prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != guard:  # it died before it could be asked about
            os._exit(1)

    return ask_for_death_signal


def stop_at_end_of_line(child: "subprocess.Popen[bytes]", steps: list[tuple[int, float]]) -> None:
    """Wait for the hub to go, then signal with growing force; the guard's own exit ends this thread."""
    os.read(sys.stdin.fileno(), 1)
    for number, patience_s in steps:
        child.send_signal(number)
        time.sleep(patience_s)
    child.send_signal(signal.SIGKILL)


def main() -> int:
    """The command's exit status, 128 plus the signal that ended it, or 127 if it could not be started."""
    order = json.loads(sys.argv[1])
    # The hook between fork and exec is safe because no thread runs yet.
    try:
        child = subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            cwd=order["cwd"],
            user=order["uid"],
            group=order["gid"],
            extra_groups=None if order["uid"] is None else [],
            preexec_fn=dying_with(os.getpid(), order["stop"][0][0]),
        )
    except OSError as error:
        print(error, flush=True)
        return 127
    print(child.pid, flush=True)
    threading.Thread(target=stop_at_end_of_line, args=(child, order["stop"]), daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
