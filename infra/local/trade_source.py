"""Which trade the shop begins with: the real file where it is, else trade made from a seed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HISTORY_UNTIL = "2011-07-31"
GENERATED = "generated"
_GENERATED_ORDERS = "3000"
_REAL = "online_retail_*.csv.gz"


@dataclass(frozen=True)
class TradeSource:
    """A file of trade, and how many orders to generate into it first: 0 if it is there already."""

    file: Path
    orders_to_generate: int


def find(root: Path, state_dir: Path) -> TradeSource:
    """Look at BANYAN_TRADE (a file, or `generated`), then beside the checkout; else generate."""
    named = os.environ.get("BANYAN_TRADE")
    beside = sorted((root.parent / "shared" / "data").glob(_REAL))
    if named and named != GENERATED:
        return TradeSource(Path(named).resolve(), orders_to_generate=0)
    if beside and not named:
        return TradeSource(beside[0], orders_to_generate=0)
    orders = int(os.environ.get("BANYAN_TRADE_ORDERS", _GENERATED_ORDERS))
    return TradeSource(state_dir / "generated_trade.csv.gz", orders_to_generate=orders)
