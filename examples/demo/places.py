"""Where the demonstration keeps its files."""

from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".hub" / "demo"
PORT_FILE = "tryton.url"
ENVIRONMENT_FILE = "env"
PRINT_FOLDER = "print"
