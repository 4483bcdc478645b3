"""The form that master keys are kept in, and what they open."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.store.keys import KeyRing
from hub.store.master_key import KEYS_MAX, MasterKeys, read_master_keys
from hub.store.wrapping import Wrapping

KEYS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=KEYS_MAX, unique=True)


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(keys=KEYS, proofs=st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(keys: list[bytes], proofs: bytes) -> None:
    masters = MasterKeys(tuple(keys), proofs)
    assert read_master_keys(masters.written(), "a file") == masters


def test_a_single_key_proves_as_before_whatever_comes_behind_it() -> None:
    old, new = b"o" * 32, b"n" * 32
    alone = read_master_keys(written(old), "a file")
    rotated = MasterKeys((new, old), alone.proofs)
    assert KeyRing(read_master_keys(rotated.written(), "a file")).proof(b"x") == KeyRing(old).proof(b"x")
    assert KeyRing(new).proof(b"x") != KeyRing(old).proof(b"x")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "1 to 8 different keys"),
        ("no base64!", "not base64"),
        (written(b"short"), "holds 5 bytes"),
        (f"{written(b'a' * 32)}\n{written(b'a' * 32)}", "different keys"),
        (f"{written(b'a' * 32)}\n{written(b'b' * 32)}", "hub keys add"),
        (f"{written(b'a' * 32)}\nproofs: {written(b'c' * 32)}\nproofs: {written(b'd' * 32)}", "at most one line"),
        ("\n".join(written(bytes([n]) * 32) for n in range(KEYS_MAX + 1)), "1 to 8"),
    ],
)
def test_what_is_no_key_file_is_told_without_showing_it(content: str, word: str) -> None:
    with pytest.raises(Invalid, match=word) as told:
        read_master_keys(content, "HUB_MASTER_KEY_FILE")
    assert not content or content.splitlines()[0] not in str(told.value)


def test_keys_stand_in_no_representation() -> None:
    assert repr(MasterKeys.of(b"k" * 32)) == "MasterKeys()"


def test_every_key_opens_and_the_first_wraps() -> None:
    old, new, key_id = b"o" * 32, b"n" * 32, uuid4()
    before, both, after = Wrapping([old]), Wrapping([new, old]), Wrapping([new])
    wrapped = before.wrap(b"data key", key_id)
    opened = both.open(wrapped, key_id)
    assert (opened.key, opened.by) == (b"data key", 1)
    assert after.open(both.wrap(opened.key, key_id), key_id).by == 0
    with pytest.raises(Invalid, match="hub keys rewrap"):
        after.open(wrapped, key_id)
    with pytest.raises(Invalid):
        both.open(wrapped, uuid4())
