"""The example clients against the demonstration, as a newcomer tries them: a colleague renames her in Tryton."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
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

MARRIED = "Sanne de Vries-Bakker"
WHO = "query($phone: String!) { customer(by: {phone: $phone}) { identifiers { system externalId } } }"


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


def rename(party: str, name: str) -> None:
    command = [sys.executable, "-m", "examples.demo.rename", "--data-dir", str(DEMO_FOLDER), party, name]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def test_both_clients_show_the_customer_of_the_story_and_hear_that_she_is_renamed_in_tryton() -> None:
    frontend = built_frontend()
    with ExitStack() as stack:
        _, url = stack.enter_context(serving_demo())
        tokens = DevelopmentTokens(DEMO_FOLDER, embedded=True, audience=Settings().oidc_audience, clock=utc_now)
        token = tokens.issue(Role.FRONTEND, lifetime=timedelta(hours=1))
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx2.post(url, json={"query": WHO, "variables": {"phone": PHONE}}, headers=headers).json()
        known = {each["system"]: each["externalId"] for each in answer["data"]["customer"]["identifiers"]}
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
        try:
            rename(known["crm"], MARRIED)
            for heard in clients:
                assert next(heard) == f"CustomerAttributeValueChangeEvent {MARRIED}"
        finally:
            rename(known["crm"], CRM_NAME)
        for heard in clients:
            assert next(heard) == f"CustomerAttributeValueChangeEvent {CRM_NAME}"
