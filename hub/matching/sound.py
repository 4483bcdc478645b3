"""How a name sounds, roughly, to Dutch, English and German ears: names that are heard alike meet under one key."""

from __future__ import annotations

import re
from functools import lru_cache

from hub.matching.kept import TEXTS

_RULES = (
    (re.compile(r"^(?:wr)"), "r"),
    (re.compile(r"^(?:kn|gn|pn)"), "n"),
    (re.compile(r"^ps"), "s"),
    (re.compile(r"tsch|tch|sch|sh|tj|tsj|sj|cz"), "S"),
    (re.compile(r"ch(?=[rl])"), "k"),
    (re.compile(r"ch|gh(?=$|t)|kh"), "g"),
    (re.compile(r"gh"), "g"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th|dt|d$"), "t"),
    (re.compile(r"ck|q|x|c(?=[aoukltr]|$)"), "k"),
    (re.compile(r"c|z|sz|ss"), "s"),
    (re.compile(r"v|w(?=[aeiouy])"), "f"),
    (re.compile(r"j(?=[aeou])"), "y"),
    (re.compile(r"(?<=.)[aeiouyjhw]+"), ""),
    (re.compile(r"^[aeiouyj]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=TEXTS)
def sound_of(word: str) -> str:
    """A short key; vowels behind the first letter count for nothing. A word without letters sounds as it is written."""
    heard = word
    for pattern, sound in _RULES:
        heard = pattern.sub(sound, heard)
    return heard or word
