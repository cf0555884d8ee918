"""What a relay tells whoever watches it; by default nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from monolith.outbox.claiming import Hold
    from monolith.outbox.delivery import Outcome


class Observer:
    """Told of what happens in the relay's own thread, so it must neither wait nor fail."""

    def collected(self, outcome: Outcome) -> None:
        """Hear of a call to the broker that has ended, well or not."""

    def held(self, holds: Sequence[Hold], *, refused: Collection[int]) -> None:
        """Hear of streams that were held, except in the shards for which that was refused."""

    def lost(self, shards: Collection[int]) -> None:
        """Hear of shards that another relay has taken over meanwhile."""

    def tended(self, *, owned: int, left_alone: int) -> None:
        """Hear with every heartbeat how many shards are owned and how many streams left alone."""


NOBODY = Observer()
