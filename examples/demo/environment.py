"""The demonstration's environment as a file, so that `hub` in another terminal means the same installation."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.demo.places import ENVIRONMENT_FILE, PRINT_FOLDER
from examples.demo.tryton.server import TrytonServer
from hub.settings.environment import Settings


@contextmanager
def written_environment(settings: Settings, tryton: TrytonServer) -> Iterator[Path]:
    """The file for `source`, for as long as the block lasts; it holds Tryton's password, so only its owner may read it.

    The hub's own keys are not in it: they lie in the data folder, and so does the address of the running database.
    """
    programs = Path(sys.executable).parent
    values = {
        "HUB_CONFIG": str(settings.config),
        "HUB_DATA_DIR": str(settings.data_dir),
        "HUB_LOG_FORMAT": "console",
        "HUB_LOG_LEVEL": "WARNING",
        "TRYTON_URL": tryton.url,
        "TRYTON_PASSWORD": tryton.password,
        "PRINT_FOLDER": str((settings.data_dir / PRINT_FOLDER).absolute()),
    }
    lines = [
        "unset HUB_DATABASE_URL HUB_BROKER_URL",
        *(f"export {name}={shlex.quote(value)}" for name, value in values.items()),
        f'export PATH={shlex.quote(str(programs))}:"$PATH"',
    ]
    file = settings.data_dir / ENVIRONMENT_FILE
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
