"""From decisions to writes: what every service's store does, whatever its rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from extracted_services.read_models.tables import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable

    from extracted_services.read_models.items import Write
    from extracted_services.read_models.projecting import Changes, Decision, Head
    from extracted_services.read_models.tables import Table

Row = TypeVar("Row")


class ReadModelStore(Generic[Row]):
    """Keeps one service's copies in a table; `spell` says how a row is stored."""

    def __init__(self, table: Table, spell: Callable[[Row], Write]) -> None:
        """Keep the copies in this table."""
        self.table = table
        self._spell = spell

    def close(self) -> None:
        """Close the table's connections."""
        self.table.close()

    def find_head(self, key: str) -> Head | None:
        """Return how far a copy has come; None if nothing was heard of its stream."""
        return self.table.find_head(key)

    def list_keys(self, after: str | None) -> tuple[list[str], str | None]:
        """List some of the copies, complete or not; see `Table`."""
        return self.table.list_keys(after)

    def write(self, changes: Changes[Row]) -> None:
        """Make all the changes, or none that a reader would take for a complete copy.

        Raises:
            HeadMoved: the head is not, or no longer, the expected one.
            RowMissing: a row to update is not there.
        """
        self.table.write(
            changes.key,
            [self._spell(row) for row in changes.rows],
            expected=changes.expected,
            head=changes.head,
            replacement=changes.replacement,
        )

    def settle(
        self, key: str, decide: Callable[[Head | None], Decision[Row]], *, tries: int = 5
    ) -> Decision[Row]:
        """Decide on the head as it is and write what was decided; again, if another was faster.

        Raises:
            HeadMoved: others were faster every time.
            RowMissing: a row to update is not there.
        """
        decision = decide(self.find_head(key))
        try:
            if decision.changes is not None:
                self.write(decision.changes)
        except HeadMoved:
            if tries == 1:
                raise
            return self.settle(key, decide, tries=tries - 1)
        return decision
