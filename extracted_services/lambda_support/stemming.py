"""Porter's stemmer of 1980, whose rules are frozen: equal words have equal stems everywhere.

PostgreSQL's dictionary `porter` follows the very same rules, which SQLite's tokenizer does not
("possibly" and 59 others of 70,914 words differ). M.F. Porter, An algorithm for suffix stripping,
Program 14(3), 1980.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize",
    "abli": "able", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize",
    "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful",
    "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
}  # fmt: skip
_STEP_3 = {
    "icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": "",
}  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
)  # fmt: skip
_DOUBLE = re.compile(r"([bdfgmnprt])\1$")
# Longest first: only the longest suffix that fits is looked at, whether it may go or not.
_SUFFIX_2, _SUFFIX_3, _SUFFIX_4 = (
    re.compile(f"({'|'.join(sorted(suffixes, key=len, reverse=True))})$")
    for suffixes in (_STEP_2, _STEP_3, _STEP_4)
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a word in small letters and digits."""
    for step in (_plural, _participle, _final_y, _derived, _adjective, _suffix, _final_e):
        word = step(word)
    return word


def _shape(word: str) -> str:
    """Return a word's vowels as v and the rest as c; "y" is a vowel behind a consonant."""
    shape = ""
    for letter in word:
        is_vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if is_vowel else "c"
    return shape


def _measure(word: str) -> int:
    return _shape(word).count("vc")


def _ends_short(word: str) -> bool:
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    is_plural = len(word) > 1 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word


def _participle(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            return _mended(rest) if "v" in _shape(rest) else word
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return f"{word}e"
    if _DOUBLE.search(word):
        return word[:-1]
    return f"{word}e" if _measure(word) == 1 and _ends_short(word) else word


def _final_y(word: str) -> str:
    return f"{word[:-1]}i" if word.endswith("y") and "v" in _shape(word[:-1]) else word


def _derived(word: str) -> str:
    return _replaced(word, _SUFFIX_2, _STEP_2)


def _adjective(word: str) -> str:
    return _replaced(word, _SUFFIX_3, _STEP_3)


def _replaced(word: str, suffixes: re.Pattern[str], by: dict[str, str]) -> str:
    found = suffixes.search(word)
    if found is None or not _measure(word[: found.start()]):
        return word
    return word[: found.start()] + by[found[0]]


def _suffix(word: str) -> str:
    found = _SUFFIX_4.search(word)
    if found is None:
        return word
    rest = word[: found.start()]
    may_go = _measure(rest) > 1 and (found[0] != "ion" or rest.endswith(("s", "t")))
    return rest if may_go else word


def _final_e(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
