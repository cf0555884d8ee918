from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template

from monolith.catalogue.queries import PricePoint
from monolith.config import pictures
from monolith.config.pictures import tile_of
from tests.factories import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("description", "hue", "motif"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "linen", "candle"),
        ("RED RETROSPOT CAKE STAND", "red", "plate"),
        ("JUMBO BAG PINK POLKADOT", "pink", "bag"),
        ("BLACK CHRISTMAS FLOCK DROPLET", "ink", "tree"),
        ("CHRISTMAS CAKE CASES RED", "red", "cake"),
        ("SET OF 3 CAKE TINS PANTRY DESIGN ", "clay", "jar"),
    ],
)
def test_tile_is_drawn_from_the_words(description, hue, motif):
    tile = tile_of(description, "22720")

    assert tile.motif == motif
    assert tile.hue == hue


def test_patterns_come_from_the_words_too():
    assert tile_of("RED RETROSPOT MUG", "1").pattern == "spots"
    assert tile_of("UNION JACK CUSHION", "1").pattern == "union"


def test_sets_are_drawn_as_several():
    assert len(tile_of("SET/6 RED SPOTTY PAPER CUPS", "1").places) == 3
    assert len(tile_of("RED SPOTTY PAPER CUP", "1").places) == 1


def test_same_product_always_looks_the_same():
    assert tile_of("DOTCOM THING", "85123A") == tile_of("DOTCOM THING", "85123A")


def test_words_that_say_nothing_become_a_monogram():
    drawn = draw("{% product_tile 'DOVECOTE <b>' 'X1' %}")

    assert ET.fromstring(drawn).findtext("text") == "DB"
    assert "<b>" not in drawn


@pytest.mark.parametrize("description", ["", "123", "?"])
def test_product_without_words_still_has_a_tile(description):
    drawn = Template("{% product_tile description '22720' %}").render(
        Context({"description": description})
    )

    assert ET.fromstring(drawn).findtext("text") == "22"


def test_every_drawing_that_a_tile_may_ask_for_exists():
    asked = {*pictures._MOTIFS.values(), *pictures._PATTERNS.values(), "halo", "arch"}

    sprite = ET.parse(str(finders.find("shop/motifs.svg")))

    assert asked == {
        symbol.get("id") for symbol in sprite.iter("{http://www.w3.org/2000/svg}symbol")
    }


def test_every_hue_has_its_colours_in_light_and_dark():
    hues = {*pictures._HUES.values(), *pictures._HUES_WITHOUT_WORD}

    text = Path(str(finders.find("shop/shop.css"))).read_text(encoding="utf-8")

    assert {hue: text.count(f".hue-{hue} ") for hue in hues} == dict.fromkeys(hues, 2)


def test_price_line_steps_from_the_first_price_to_the_last():
    prices = points(300, 100, 200)

    drawn = price_line(prices)

    # 100 p lies at the bottom (90), 300 p at the top (10), one step every quarter.
    assert paths(drawn)[1] == "M0 50.0H25.00V90.0H50.00V10.0H100"


def test_price_that_never_changed_is_a_level_line():
    assert paths(price_line(points(250)))[1] == "M0 50.0H100"


def points(*amounts_newest_first: int) -> list[PricePoint]:
    oldest_first = [*reversed(amounts_newest_first)]
    return [
        PricePoint(amount_pence=amount, effective_from=NOON + timedelta(days=day))
        for day, amount in enumerate(oldest_first)
    ][::-1]


def price_line(prices: Sequence[PricePoint]) -> str:
    return str(pictures.price_line(prices, NOON + timedelta(days=4)))


def paths(drawn: str) -> list[str]:
    return [path.get("d", "") for path in ET.fromstring(drawn).iter("path")]


def draw(template: str) -> str:
    return str(Template(template).render(Context()))
