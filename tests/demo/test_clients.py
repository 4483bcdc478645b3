"""The example clients against the demonstration, as a newcomer tries them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from examples.demo.tryton.seed.story import CRM_NAME, PHONE
from hub.access.development import DevelopmentTokens
from hub.access.principal import Role
from hub.clock import utc_now
from hub.settings.environment import Settings
from tests.conformance.clients import ROOT, built_frontend
from tests.demo.test_demo import serving_demo
from tests.tryton_ground import DEMO_FOLDER

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("demo_folder")]


@contextmanager
def client(*command: str, cwd: Path, url: str, token: str) -> Iterator[Iterator[str]]:
    """What a client prints, line by line."""
    environment = {**os.environ, "HUB_URL": url, "HUB_TOKEN": token}
    running = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        yield (line.rstrip() for line in running.stdout)
    finally:
        running.kill()
        running.communicate()


def test_both_clients_show_the_customer_of_the_story_and_follow_her() -> None:
    frontend = built_frontend()
    with ExitStack() as stack:
        _, url = stack.enter_context(serving_demo())
        tokens = DevelopmentTokens(DEMO_FOLDER, embedded=True, audience=Settings().oidc_audience, clock=utc_now)
        token = tokens.issue(Role.FRONTEND, lifetime=timedelta(hours=1))
        python = (sys.executable, "-m", "examples.python_client", PHONE)
        script = ("node", "dist/main.js", PHONE)
        address = url.removesuffix("/graphql")
        clients = [
            stack.enter_context(client(*python, cwd=ROOT, url=address, token=token)),
            stack.enter_context(client(*script, cwd=frontend, url=url, token=token)),
        ]
        for heard in clients:
            assert next(heard).startswith(f"{CRM_NAME}: ")
            assert next(heard) == f"CURRENT {CRM_NAME}"
