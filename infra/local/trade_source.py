"""Which trade the shop begins with: the real file where it is, else trade made from a seed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HISTORY_UNTIL = "2011-07-31"
_REAL = "online_retail_*.csv.gz"


@dataclass(frozen=True)
class TradeSource:
    """A file of trade; `is_generated` says that it has to be made first if it is not there."""

    file: Path
    is_generated: bool


def find(root: Path) -> TradeSource:
    """Look at BANYAN_TRADE, then beside the checkout; else trade is generated into the state."""
    named = os.environ.get("BANYAN_TRADE")
    if named:
        return TradeSource(Path(named).resolve(), is_generated=False)
    beside = sorted((root.parent / "shared" / "data").glob(_REAL))
    if beside:
        return TradeSource(beside[0], is_generated=False)
    state_dir = Path(os.environ.get("BANYAN_STATE_DIR", root / ".banyan"))
    return TradeSource(state_dir / "generated_trade.csv.gz", is_generated=True)
