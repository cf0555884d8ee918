from __future__ import annotations

import pytest

from extracted_services.lambda_support.stemming import stem


# From the paper, step by step, and what SQLite's own stemmer does otherwise.
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("cats", "cat"),
        ("agreed", "agre"),
        ("feed", "feed"),
        ("plastered", "plaster"),
        ("motoring", "motor"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("rational", "ration"),
        ("triplicate", "triplic"),
        ("hopefulness", "hope"),
        ("adoption", "adopt"),
        ("controll", "control"),
        ("rate", "rate"),
        ("christmas", "christma"),
        ("wobbly", "wobbli"),
        ("is", "i"),
        ("s", "s"),
        ("85123a", "85123a"),
        ("", ""),
    ],
)
def test_word_has_the_stem_of_the_rules(word, expected):
    assert stem(word) == expected
