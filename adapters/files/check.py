"""What `hub check` tells about a drop folder, with what to do about it."""

from __future__ import annotations

import fcntl
from pathlib import Path
from tempfile import NamedTemporaryFile

from adapters.files.delivery import arrival
from adapters.files.drop_folder import DropFolder
from adapters.files.manifest import MANIFEST_NAME
from adapters.files.options import FilesOptions, ManifestRule
from hub.errors import Transient
from hub.ports.pages import CheckResult


def check_folder(folder: DropFolder, options: FilesOptions) -> list[CheckResult]:
    """Tries each thing for real; what cannot be tried without a folder is left out when there is none."""
    try:
        folder.prepare()
    except (Transient, OSError) as error:
        hint = f"create or mount {folder.root} and let the hub's user write there"
        return [CheckResult("folder", ok=False, detail=f"{error}; {hint}")]
    return [
        CheckResult("folder", ok=True, detail=f"{folder.root} with its {len(folder.parts)} parts"),
        *(_check_writable(part) for part in folder.parts),
        _check_one_file_system(folder),
        _check_lock(folder.root),
        _check_inbox(folder, options),
    ]


def _check_writable(part: Path) -> CheckResult:
    name = f"{part.name}/ writable"
    try:
        with NamedTemporaryFile(dir=part, prefix=".check-"):
            return CheckResult(name, ok=True, detail="a file was made and removed")
    except OSError as error:
        return CheckResult(name, ok=False, detail=f"{error.strerror}: give the hub's user write access to {part}")


def _check_one_file_system(folder: DropFolder) -> CheckResult:
    """A rename is one step, and fails otherwise, only within one file system."""
    root = folder.root.stat().st_dev
    elsewhere = [part.name for part in folder.parts if part.stat().st_dev != root]
    if elsewhere:
        detail = f"{', '.join(elsewhere)} on another one: mount {folder.root} as a whole"
        return CheckResult("one file system", ok=False, detail=detail)
    return CheckResult("one file system", ok=True, detail="deliveries move by rename")


def _check_lock(root: Path) -> CheckResult:
    try:
        with NamedTemporaryFile(dir=root, prefix=".check-") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        detail = f"{error.strerror}: mount it with locks (NFS: version 4, without nolock)"
        return CheckResult("file locks", ok=False, detail=detail)
    return CheckResult("file locks", ok=True, detail="two processes cannot start on one delivery")


def _check_inbox(folder: DropFolder, options: FilesOptions) -> CheckResult:
    """Entries that nobody picks up now; a delivery that is still growing is among them, so it may be for a moment."""
    entries = sorted(path for path in folder.inbox.iterdir() if not path.name.startswith("."))
    pulled = {entity for entity, layout in options.entities.items() if layout.pull}
    ignored = [path.name for path in entries if (come := arrival(path, options)) is None or come.entity not in pulled]
    if not ignored:
        return CheckResult("inbox", ok=True, detail=f"{len(entries)} deliveries wait")
    wanted = f"a folder with {MANIFEST_NAME}"
    if options.manifest is ManifestRule.OPTIONAL:
        wanted += f", or <entity>-<anything> unchanged for {options.settle_s:g} seconds"
    entities = ", ".join(sorted(pulled)) or "no entity"
    return CheckResult("inbox", ok=False, detail=f"not taken: {', '.join(ignored)}; it takes {wanted}, of {entities}")
