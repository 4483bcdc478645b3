"""Systems that speak in files: weekly full exports in, batches of commands out."""

from __future__ import annotations

from typing import Final

from adapters.files.export import write_export
from adapters.files.options import ChildLayout, EntityLayout, FileFormat, FilesOptions, ManifestRule
from adapters.files.port import FilesPort
from hub.ports.limits import CallLimits
from hub.ports.system import Adapter
from hub.records.identity import SystemName


def _open(name: SystemName, options: FilesOptions, _limits: CallLimits) -> FilesPort:
    # A folder has neither connections nor answers that do not come.
    return FilesPort(name, options)


# No default mappings: every company's export has columns of its own.
ADAPTER: Final = Adapter(name="files", options=FilesOptions, open=_open, mappings=None)

__all__ = [
    "ADAPTER",
    "ChildLayout",
    "EntityLayout",
    "FileFormat",
    "FilesOptions",
    "FilesPort",
    "ManifestRule",
    "write_export",
]
