"""Pictures drawn by the server: a tile for every product, and the line of its price.

There are no photographs. A tile is drawn from the product's own words, so that the same product
always looks the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.utils.safestring import SafeString

register = template.Library()


class PricePoint(Protocol):
    """A price and the instant from which it holds."""

    @property
    def amount_pence(self) -> int:
        """The price."""

    @property
    def effective_from(self) -> datetime:
        """Its first instant."""


def _by_word(**words_by_name: str) -> dict[str, str]:
    return {word: name for name, words in words_by_name.items() for word in words.split()}


_HUES = _by_word(
    red="RED STRAWBERRY CHERRY RUBY POPPY RETROSPOT",
    pink="PINK ROSE ROSES FUSCHIA BLOSSOM SWEETHEART",
    blue="BLUE TURQUOISE AQUA NAVY SKY SPACEBOY PARISIENNE",
    green="GREEN JADE OLIVE APPLE LEAF WOODLAND GARDEN BOTANICAL TREE",
    linen="WHITE IVORY CREAM PEARL NATURAL LINEN LACE",
    ink="BLACK SKULL SKULLS SLATE JET CHALKBOARD BAROQUE",
    pewter="SILVER ZINC METAL GREY CRYSTAL GLASS ENAMEL STEEL",
    ochre="GOLD YELLOW AMBER HONEYCOMB ANTIQUE BRASS DAISY",
    plum="PURPLE LILAC LAVENDER AMETHYST VIOLET",
    wood="WOOD WOODEN BROWN WICKER CHOCOLATE COFFEE BAMBOO",
    clay="ORANGE TERRACOTTA CORAL PEACH CIRCUS",
)
_HUES_WITHOUT_WORD = ("green", "clay", "blue", "linen", "pink", "ochre", "plum", "pewter")
_MOTIFS = _by_word(
    apple="APPLE APPLES FRUIT PEAR PEARS STRAWBERRY STRAWBERRIES CHERRY",
    bag="BAG BAGS PURSE SHOPPER WALLET BASKET HANDBAG TOTE",
    beads="NECKLACE BRACELET EARRINGS BEAD BEADS CHARM PENDANT BANGLE RING JEWELLERY NECKL",
    bell="BELL BELLS",
    bird="BIRD BIRDS DOVE OWL ROBIN HEN CHICK CHICKEN DUCK BIRDCAGE PEACOCK",
    book="BOOK NOTEBOOK ALBUM JOURNAL PAPER DOILIES DIARY CALENDAR",
    bottle="BOTTLE BOTTLES SOAP PERFUME VASE",
    bowl="BOWL BOWLS DISH POT PAN COLANDER PLANTER BUCKET",
    bulbs="LIGHTS FAIRY STRING",
    bunting="BUNTING GARLAND FLAG RIBBON RIBBONS STREAMERS PARADE",
    butterfly="BUTTERFLY BUTTERFLIES",
    cake="CAKE CAKES CASES BAKING CUPCAKE BISCUIT BISCUITS CAKESTAND",
    candle="CANDLE CANDLES T-LIGHT T-LIGHTS CANDLESTICK INCENSE TLIGHT CANDLEHOLDER CANDLEPOT",
    card="CARD CARDS LETTER POSTCARD ENVELOPE STICKERS STICKER TAGS MAGNETS",
    clock="CLOCK ALARM TIMER",
    cushion="CUSHION COVER CUSHIONS DOORMAT DOORSTOP QUILT THROW BLANKET TOWEL APRON",
    egg="EGG EGGS",
    flower="FLOWER FLOWERS DAISY ROSE ROSES FLORAL BLOSSOM POPPY LILY WREATH BOUQUET",
    frame="FRAME PHOTO PICTURE MIRROR CANVAS",
    gift="BOX BOXES GIFT WRAP CABINET DRAWER CHEST PRESENT TRINKET CRACKERS STORAGE",
    glass="GLASS GLASSES GOBLET TUMBLER CHAMPAGNE BEAKER",
    heart="HEART HEARTS",
    jar="JAR TIN TINS JARS CANISTER PANTRY JAM",
    key="KEY KEYS HOOK KNOB RACK HANGER",
    lantern="LANTERN LAMP LANTERNS PARASOL LAMPSHADE",
    leaf="LEAF LEAVES HERB GRASS FEATHER FERN",
    mug="MUG CUP TEACUP TEAPOT TEA COFFEE SAUCER CUPS MUGS COSY EGG-CUP",
    pencil="PENCIL PENCILS PEN CRAYONS CHALK CHALKBOARD SKETCHBOOK KIT PAINT",
    plate="PLATE PLATES TRAY CUTLERY COASTER COASTERS PLACEMATS NAPKINS CAKESTAND STAND",
    rabbit="RABBIT BUNNY CAT DOG KITTEN PUPPY BEAR",
    sign="SIGN NUMBER PLAQUE METALSIGN MESSAGE BOARD BLACKBOARD ALPHABET",
    star="STAR STARS ANGEL",
    tree="TREE TREES",
    umbrella="UMBRELLA",
)
# What a thing is about, where nothing says what it is.
_THEMES = _by_word(
    bunting="PARTY BIRTHDAY BALLOONS",
    egg="EASTER",
    frame="ART WALL",
    heart="LOVE SWEETHEART VALENTINE",
    leaf="GARDEN WOODLAND",
    tree="CHRISTMAS XMAS",
)
_PATTERNS = _by_word(
    gingham="GINGHAM CHECK CHECKED TARTAN",
    snow="CHRISTMAS XMAS SNOW SNOWFLAKE SNOWFLAKES SKI WINTER",
    spots="RETROSPOT POLKADOT SPOT SPOTS SPOTTY SPOTTED DOLLY POLKADOTS",
    stripes="STRIPE STRIPES STRIPED STRIPEY CANDY CIRCUS",
    union="UNION FLAG JACK",
)
_QUIET_PATTERNS = ("halo", "arch", "")
_KINDS = dict.fromkeys(_QUIET_PATTERNS, "halo")
_MANY = re.compile(r"(SET|PACK|BOX)\s*(OF|/)\s*\d|S/\d|PAIR|ASSORTED|ASSTD")
_ONE_BIG = ((30, 30, 60),)
_THREE_SMALL = ((14, 22, 46), (60, 22, 46), (37, 62, 46))


@dataclass(frozen=True, slots=True)
class Tile:
    """What to draw for a product; `motif` is empty where only a monogram fits."""

    hue: str
    pattern: str
    motif: str
    monogram: str
    places: tuple[tuple[int, int, int], ...]


def tile_of(description: str, stock_code: str) -> Tile:
    """Choose what to draw by the words of a description; where they are silent, by the code."""
    words = re.findall(r"[A-Z0-9][A-Z0-9\-]*", description.upper())
    chance = crc32(stock_code.encode())
    return Tile(
        hue=_first(words, _HUES) or _HUES_WITHOUT_WORD[chance % len(_HUES_WITHOUT_WORD)],
        pattern=_first(words, _PATTERNS) or _QUIET_PATTERNS[chance // 8 % 3],
        # The thing itself comes last in English: HEART T-LIGHT HOLDER is lit, not loved.
        motif=_first(reversed(words), _MOTIFS) or _first(words, _THEMES),
        monogram="".join(word[0] for word in words if word[0].isalpha())[:2] or stock_code[:2],
        places=_THREE_SMALL if _MANY.search(description.upper()) else _ONE_BIG,
    )


@register.simple_tag
def product_tile(description: str, stock_code: str) -> SafeString:
    """Draw the picture of a product: decoration only, the words beside it say the same."""
    tile = tile_of(description, stock_code)
    return format_html(
        '<svg class="tile hue-{}" viewBox="0 0 120 120" '
        'preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="120" height="120"/>{}{}</svg>',
        tile.hue,
        _background(tile.pattern),
        _motifs(tile) if tile.motif else _monogram(tile),
    )


def _first(words: Iterable[str], meanings: Mapping[str, str]) -> str:
    return next((meanings[word] for word in words if word in meanings), "")


def _background(pattern: str) -> SafeString:
    href, kind = f"{static('shop/motifs.svg')}#{pattern}", _KINDS.get(pattern, "pattern")
    backgrounds = [(kind, href)] if pattern else []
    return format_html_join("", '<use class="{}" href="{}"/>', backgrounds)


def _motifs(tile: Tile) -> SafeString:
    href = f"{static('shop/motifs.svg')}#{tile.motif}"
    return format_html_join(
        "",
        '<use class="mark" href="{}" x="{}" y="{}" width="{}" height="{}"/>',
        ((href, x, y, size, size) for x, y, size in tile.places),
    )


def _monogram(tile: Tile) -> SafeString:
    return format_html(
        '<text class="monogram" x="60" y="73" text-anchor="middle">{}</text>', tile.monogram
    )


@register.simple_tag
def price_line(prices: Sequence[PricePoint], until: datetime) -> SafeString:
    """Draw prices (newest first) as steps from the first one to `until`, in a box of 100 by 100."""
    steps = _steps(prices, until)
    return format_html(
        '<svg class="price-line" viewBox="0 0 100 100" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">'
        '<path class="area" d="{}V100H0Z"/><path class="line" d="{}"/></svg>',
        steps,
        steps,
    )


def _steps(prices: Sequence[PricePoint], until: datetime) -> str:
    points = sorted(prices, key=lambda price: price.effective_from)
    first, amounts = points[0].effective_from, [price.amount_pence for price in points]
    length = max((until - first).total_seconds(), 1.0)
    lowest, spread = min(amounts), max(amounts) - min(amounts)

    def height(amount: int) -> float:
        return 90 - 80 * (amount - lowest) / spread if spread else 50

    path = f"M0 {height(amounts[0]):.1f}"
    for price in points[1:]:
        x = 100 * (price.effective_from - first).total_seconds() / length
        path += f"H{x:.2f}V{height(price.amount_pence):.1f}"
    return f"{path}H100"
