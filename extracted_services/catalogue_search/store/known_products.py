"""All products in a publisher's memory: read whole once, and from then on what has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from event_contracts.streams import NO_PRODUCT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from extracted_services.catalogue_search.store.products import CatalogueStore, WakeUp
    from extracted_services.catalogue_search.view import Manifest, Product

MOST_ONE_BY_ONE = 50
"""Of more products than this, reading each takes longer than reading the whole table."""
READ_ANEW_SECONDS = 900.0
"""What was changed in the table behind the events' back is noticed within this time."""
CLOCKS_DIFFER_SECONDS = 5.0
"""What a wake-up tells is older than what was read after it, by two clocks that may differ."""


class KnownProducts:
    """What a publisher knows of all products.

    It hears of what has changed by wake-ups, and so may another: a function's processes come and
    go. Whoever publishes a change makes a new index. So what one knows holds as long as the current
    index is the one that this very knowledge was published as.
    """

    def __init__(self, store: CatalogueStore, *, clock: Callable[[], float]) -> None:
        """Read from this store; `clock` tells seconds since 1970."""
        self._store, self._clock = store, clock
        self._products: dict[str, Product | None] = {}
        self._beat = 0
        self._read_at = float("-inf")
        self._index: str | None = None
        self._is_published = False

    @property
    def products(self) -> list[Product]:
        """All that are complete."""
        return [each for each in self._products.values() if each is not None]

    @property
    def is_complete(self) -> bool:
        """Whether these are all there are."""
        return None not in self._products.values()

    @property
    def beat(self) -> int:
        """The newest heartbeat that was heard of; what was heard of before it is known, too."""
        return self._beat

    @property
    def is_published(self) -> bool:
        """Whether the index says all this, but for heartbeats."""
        return self._is_published

    def catch_up(self, wake_ups: Iterable[WakeUp], *, current: Manifest | None) -> None:
        """Read what has changed; or everything, if the current index was made by another.

        Raises:
            Changing: see `CatalogueStore.read_products`. What was read stays known.
        """
        versions = self._versions(wake_ups)
        is_old = self._clock() - self._read_at > READ_ANEW_SECONDS
        if (
            current is None
            or current.index != self._index
            or is_old
            or len(versions) > MOST_ONE_BY_ONE
        ):
            self._read_all()
            return
        for stock_code in versions:
            self._read(stock_code)
        # Another may have published a beat, and no change before it.
        self._hear_beat(max(current.beat, versions.get(NO_PRODUCT, 0)))

    def note_published(self, index: str) -> None:
        """Note that an index says what is known."""
        self._index, self._is_published = index, True

    def _versions(self, wake_ups: Iterable[WakeUp]) -> dict[str, int]:
        """Tell what has to be read: not what the whole table was read after."""
        return {
            stock_code: version
            for wake_up in wake_ups
            if wake_up.sent_at > self._read_at
            for stock_code, version in wake_up.versions.items()
        }

    def _read_all(self) -> None:
        began = self._clock() - CLOCKS_DIFFER_SECONDS
        # Looked for first: of what is heard while the rest is read, a part may be missed.
        beat = self._store.find_head(NO_PRODUCT)
        self._products = self._store.read_products()
        self._read_at, self._is_published, self._beat = began, False, 0
        self._hear_beat(beat.as_of if beat is not None else 0)

    def _read(self, stock_code: str) -> None:
        found = self._store.find_product(stock_code)
        before = (
            {stock_code: self._products.pop(stock_code)} if stock_code in self._products else {}
        )
        self._products |= found
        if _but_for_beats(before) != _but_for_beats(found):
            self._is_published = False

    def _hear_beat(self, version: int) -> None:
        """Take no later one from the table: it may have come after what is not known yet."""
        self._beat = max(self._beat, version)
        beats = self._products.get(NO_PRODUCT)
        if beats is not None:
            self._products[NO_PRODUCT] = replace(beats, version=min(self._beat, beats.version))


def _but_for_beats(products: Mapping[str, Product | None]) -> dict[str, object]:
    return {
        key: product is not None if key == NO_PRODUCT else product
        for key, product in products.items()
    }
