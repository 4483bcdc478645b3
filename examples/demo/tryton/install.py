"""Tryton's own virtual environment: built from the lock file beside this one, once per lock file and Python."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.errors import Transient

LOCK = Path(__file__).with_name("requirements.lock")
STAMP = ".complete"

Say = Callable[[str], None]


def environment_key() -> str:
    """Changes whenever another set of packages, or another Python, would be installed."""
    told = f"{platform.python_version()} {platform.machine()} {sys.platform}".encode()
    return hashlib.sha256(told + LOCK.read_bytes()).hexdigest()[:12]


def ensure_environment(home: Path, say: Say) -> Path:
    """The `bin` folder of the environment below `home`; what an interrupted run left is done anew.

    The caller holds the claim on `home`. Environments of other lock files are removed. Raises Transient with the
    installer's last words when packages cannot be had.
    """
    environment = home / f"env-{environment_key()}"
    if not (environment / STAMP).exists():
        say("Installing Tryton 8.2 into its own environment")
        for outdated in home.glob("env-*"):
            shutil.rmtree(outdated)
        _install(environment)
        (environment / STAMP).touch()
    return environment / "bin"


def _install(environment: Path) -> None:
    python = environment / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        venv.create(environment, with_pip=True, symlinks=os.name != "nt")
        _run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK])
        return
    _run([uv, "venv", "--quiet", "--python", sys.executable, environment])
    _run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK])


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        last_words = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Transient(f"Tryton's packages cannot be installed:\n{last_words}")
