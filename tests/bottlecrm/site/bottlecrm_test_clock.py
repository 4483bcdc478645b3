"""A clock that tests move, in all that BottleCRM tells of its time: stamps, signatures and the Date of its answers.

The file that BOTTLECRM_TEST_WALL names holds by how many seconds it differs from the machine's; without it, by none.
"""

import os
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import gunicorn.util
from django.apps import AppConfig
from django.utils import timezone

WALL = Path(os.environ["BOTTLECRM_TEST_WALL"])

machine_now, machine_http_date = timezone.now, gunicorn.util.http_date


def shift() -> float:
    return float(WALL.read_text() or 0) if WALL.exists() else 0.0


def shifted_time() -> float:
    return time.time() + shift()


timezone.now = lambda: machine_now() + timedelta(seconds=shift())
gunicorn.util.http_date = lambda at=None: machine_http_date(shifted_time() if at is None else at)


class Clock(AppConfig):
    name = "bottlecrm_test_clock"

    def ready(self) -> None:
        import webhooks.tasks

        webhooks.tasks.time = SimpleNamespace(time=shifted_time)
