"""A real Chromium without a window, driven over its own protocol (chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from tests.services import absent
from tests.waiting import until

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
STARTS_WITHIN_S: Final = 60
OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)
KEYS: Final = {"Enter": 13, "Tab": 9, "ArrowDown": 40, "Space": 32, "Escape": 27}
CTRL: Final = 2


class Page:
    """One tab; `offences` are errors of scripts and what the page's policy refused."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._session: str | None = None
        self.offences: list[str] = []
        self.asked: list[str] = []
        """Every address that the page has fetched."""

    async def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol and its result."""
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        await self._connection.send(json.dumps(message))
        while True:
            heard = json.loads(await self._connection.recv())
            if heard.get("id") == number:
                assert "error" not in heard, heard
                result: dict[str, Any] = heard["result"]
                return result
            self._note(heard.get("method"), heard.get("params", {}))

    async def open(self, url: str) -> None:
        """In a new tab, once it is loaded."""
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && typeof Schema === 'function'")

    async def value(self, script: str) -> Any:  # Any: JSON
        """What an expression of the page comes to."""
        answer = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, script: str) -> Any:
        """The expression's value once it is true."""

        async def look() -> Any:
            return await self.value(script) or None

        return await until(look, 30, script)

    async def write(self, text: str) -> None:
        """Characters into what has the focus, one after the other as from a keyboard."""
        for character in text:
            await self.send("Input.dispatchKeyEvent", type="char", text=character)

    async def press(self, key: str, modifiers: int = 0) -> None:
        """A key that writes nothing."""
        given: dict[str, object] = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": modifiers}
        for kind in ("rawKeyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, **given)

    def _note(self, method: str | None, given: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.offences.append(str(given["exceptionDetails"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.offences.append(str(given["entry"]["text"]))
        elif method == "Network.requestWillBeSent":
            self.asked.append(str(given["request"]["url"]))


@contextmanager
def chromium(profile: Path) -> Iterator[str]:
    """Chromium with an empty profile for as long as the block lasts; skips aloud where the machine has none.

    Yields the address at which it takes commands.
    """
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        absent("chromium", "no Chromium on the path")
    profile.mkdir(parents=True)
    with (profile / "stderr").open("w+") as told:
        process = subprocess.Popen(
            [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=told,
            env={**os.environ, "HOME": str(profile)},
            start_new_session=True,
        )
        try:
            yield _address(profile, process)
        finally:
            process.terminate()
            process.wait()


@asynccontextmanager
async def tab(address: str) -> AsyncIterator[Page]:
    """A tab of its own, to be opened."""
    async with connect(address, max_size=None, proxy=None) as connection:
        yield Page(connection)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where it listens, which it writes into its profile."""
    written = profile / "DevToolsActivePort"
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not (written.exists() and len(lines := written.read_text(encoding="utf-8").split()) == 2):
        told = (profile / "stderr").read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, f"Chromium ended: {told}"
        assert time.monotonic() < deadline, f"Chromium does not listen: {told}"
        time.sleep(0.02)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
