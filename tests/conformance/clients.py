"""Programs of other people that run on Node, installed from a lock file into a folder that is kept."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.services import absent

SOURCE: Final = Path(__file__).parent / "node"
FOLDER: Final = Path(os.environ.get("HUB_TEST_NODE", Path(__file__).parents[2] / ".hub" / "tests" / "node"))
OLDEST: Final = 20
ROOT: Final = Path(__file__).parents[2]
FRONTEND: Final = ROOT / "examples" / "frontend"


def needs_node() -> None:
    """Skips aloud without Node 20, or fails where HUB_TEST_REQUIRE names node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        absent("node", "no Node.js with npm on the path")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        absent("node", f"Node.js {OLDEST} or newer is needed, this is {version}")


def node_folder() -> Path:
    """Where the programs lie, ready to run."""
    needs_node()
    install(SOURCE, FOLDER)
    for script in SOURCE.glob("*.*js"):
        shutil.copy(script, FOLDER / script.name)
    return FOLDER


def built_frontend() -> Path:
    """The TypeScript example with its types generated from the schema, compiled: by the first process that wants it."""
    needs_node()
    folder = FOLDER.with_name("frontend")
    schema = ROOT / "schema" / "schema.graphql"
    made_of = [FRONTEND / "package-lock.json", FRONTEND / "tsconfig.json", FRONTEND / "codegen.ts", schema]
    made_of += sorted((FRONTEND / "src").glob("*.ts"))
    digest, built = sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest(), folder / "built.sha256"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        if not built.exists() or built.read_text(encoding="ascii") != digest:
            install(FRONTEND, folder)
            _build_frontend(folder, schema)
            built.write_text(digest, encoding="ascii")
    return folder


def _build_frontend(folder: Path, schema: Path) -> None:
    for name in ("tsconfig.json", "codegen.ts"):
        shutil.copy(FRONTEND / name, folder / name)
    shutil.copytree(FRONTEND / "src", folder / "src", dirs_exist_ok=True, ignore=shutil.ignore_patterns("gql"))
    environment = {**os.environ, "HUB_SCHEMA": str(schema)}
    done = subprocess.run(["npm", "run", "build"], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The tests of one run are several processes."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(source: Path, folder: Path) -> None:
    """The packages of a lock file into a folder that is kept; anew when the lock file is another."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = source / "package-lock.json"
    installed = folder / "installed.json"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(source / name, folder / name)
    done = subprocess.run(["npm", "ci", "--loglevel=error"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        absent("node", f"npm could not install the packages: {done.stderr.strip()[-300:]}")
    shutil.copy(lock, installed)


async def findings(folder: Path, environment: Mapping[str, str], *script: str) -> AsyncGenerator[dict[str, Any], None]:
    """What a script with its arguments tells, as it tells it; fails with its errors when it ends badly."""
    process = await asyncio.create_subprocess_exec(
        "node",
        *script,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async for line in process.stdout:
            yield json.loads(line)
        errors = await process.stderr.read()
        assert await process.wait() == 0, errors.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def run(
    folder: Path, where: Path, *command: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One of the installed programs by its name, in the folder `where`, to its end."""
    place = folder / "node_modules" / ".bin" / command[0]
    return subprocess.run(
        [str(place), *command[1:]], cwd=where, env=env, capture_output=True, text=True, check=False, timeout=120
    )
