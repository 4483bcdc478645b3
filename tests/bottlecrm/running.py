"""A BottleCRM that runs, and another user's access to it, for changes behind the adapter's back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from adapters.bottlecrm.options import BottleCrmOptions
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.process import SupervisedProcess
from hub.embedded.ready import LOOPBACK, free_port, http_answers
from tests.bottlecrm.home import SITE, BottleCrmHome
from tests.bottlecrm.sql import run_sql

START_TIMEOUT_S = 90.0
THREADS = 4


@dataclass(frozen=True)
class RunningBottleCrm:
    """`dsn` leads to BottleCRM's own database as its superuser, past row-level security."""

    url: str
    token: str
    session: httpx2.Client
    dsn: str
    run: Callable[[Sequence[str]], str]
    wall: Path

    def shift_clock(self, by: timedelta) -> None:
        """Its time is the machine's and so much more; others read while this writes."""
        passing = self.wall.with_suffix(".new")
        passing.write_text(str(by.total_seconds()))
        passing.rename(self.wall)

    def options(self, url: str | None = None, **other: object) -> BottleCrmOptions:
        """The adapter's options for this BottleCRM, `url` where it is reached through a proxy."""
        return BottleCrmOptions.model_validate({"url": url or self.url, "token": self.token, **other})

    def call(self, method: str, path: str, body: object = None) -> Any:  # Any: what BottleCRM answers
        """As the administrator in his browser; raises for a refusal."""
        answer = self.session.request(method, f"api/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def make(self, path: str, body: object) -> str:
        """The new record's id."""
        made: str = self.call("POST", path, body)["id"]
        return made

    def deliver_what_failed(self) -> None:
        """What its scheduler does every minute; the waiting time until then is taken out of its database."""
        run_sql(self.dsn, "UPDATE webhook_delivery SET next_attempt_at = now() WHERE status = 'pending'")
        task = "from webhooks.tasks import dispatch_due_deliveries; dispatch_due_deliveries()"
        self.run(["-c", f"import django; django.setup(); {task}"])

    def send_events_to(self, url: str, *events: str) -> str:
        """Add a webhook; its secret."""
        secret: str = self.call("POST", "webhooks/", {"url": url, "events": list(events)})["secret"]
        return secret


@contextmanager
def running_bottlecrm(home: BottleCrmHome, postgres: EmbeddedPostgres, database: str) -> Iterator[RunningBottleCrm]:
    """Under gunicorn, a process of its own, on a fresh clone of the template."""
    home.wall.unlink(missing_ok=True)
    home.clone(database)
    keys = json.loads(home.run(database, [SITE / "bottlecrm_test_seed.py"]).splitlines()[-1])
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    process = SupervisedProcess(
        "BottleCRM",
        [
            *(home.python, "-m", "gunicorn", "crm.wsgi", "--bind", f"{LOOPBACK}:{port}"),
            *("--workers", "1", "--threads", str(THREADS), "--worker-tmp-dir", home.folder),
        ],
        env=home.environment(database),
        log_file=home.folder / "bottlecrm.log",
        pid_file=home.folder / "bottlecrm.pid",
        cwd=home.folder,
    )
    process.start()
    try:
        process.wait_until(http_answers(port or 0, "/healthz/"), START_TIMEOUT_S)
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {keys['session']}"}, timeout=60) as session:
            run = partial(home.run, database)
            yield RunningBottleCrm(url, keys["token"], session, postgres.libpq(database), run, home.wall)
    finally:
        process.stop()
