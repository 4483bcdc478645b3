"""Originals of versions: the object as its system told it, packed to be sealed beside what became of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import orjson

from hub.records.source import JsonObject

BYTES_MAX: Final = 65_536
"""Of an original's JSON; a larger one is not kept, so that one system's attachments do not fill the store."""

COMPRESSED_FROM: Final = 512
"""Bytes; below, compression saves a few of them and takes three times as long as the encryption."""

_PLAIN, _DEFLATED = b"\x00", b"\x01"

# A window of 4 KB: the usual 32 KB cost more to set up than an object takes to compress, and save nothing on one.
_WINDOW, _MEMORY = -12, 4


@dataclass(frozen=True, slots=True)
class Original:
    """What a mapping was applied to, in the words of `system`: the one that was read, not always whose record it is."""

    system: str
    body: JsonObject


def packed(original: Original) -> bytes | None:
    """The bytes to seal: a mark, then JSON as it is or deflated (RFC 1951); `unpacked` is the inverse.

    None for what is not kept: more than BYTES_MAX of JSON, or what JSON cannot hold (a number beyond 64 bits).
    """
    try:
        plain = orjson.dumps([original.system, original.body])
    except orjson.JSONEncodeError:
        return None
    if len(plain) > BYTES_MAX:
        return None
    if len(plain) < COMPRESSED_FROM:
        return _PLAIN + plain
    deflate = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    return b"".join((_DEFLATED, deflate.compress(plain), deflate.flush()))


def unpacked(data: bytes) -> Original:
    """An original from its packed bytes."""
    plain = zlib.decompress(data[1:], _WINDOW) if data.startswith(_DEFLATED) else data[1:]
    system, body = orjson.loads(plain)
    return Original(system, body)
