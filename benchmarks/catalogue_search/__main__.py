"""`make bench-search`: how well and how fast the service finds, beside PostgreSQL's own answer.

How well: the searches of searches.txt in the real trade. How fast: questions about 4,070 and a
million made-up gifts, to the function's handler and to the monolith's query.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import django

from benchmarks.figures import Figure, publish

SIZES = {"4,070 gifts": (4_070, 1_000, 200, 20.0), "1,000,000 gifts": (1_000_000, 400, 40, 50.0)}
"""How many gifts, questions to the service and to PostgreSQL, and the bar in milliseconds."""
NAMES = ("relevance", *SIZES)


def main() -> None:
    """Measure everything, or what was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="may be given several times")
    only = parser.parse_args().only or NAMES
    with tempfile.TemporaryDirectory(prefix="banyan-search-") as folder:
        _have_no_shop(Path(folder))
        figures = measure(Path(folder), only)
    sys.exit(not publish("search", figures))


def measure(folder: Path, only: tuple[str, ...] | list[str]) -> list[Figure]:
    """Open a PostgreSQL of the run and measure; each part has a database of its own."""
    django.setup()
    from benchmarks.catalogue_search.measuring import measure_relevance, measure_speed
    from benchmarks.outbox.servers import running_server
    from benchmarks.outbox.shop_database import connected_to

    figures: list[Figure] = []
    with running_server(folder) as server:
        for name in only:
            part = folder / name.replace(",", "").replace(" ", "-")
            part.mkdir()
            with server.database() as url, connected_to(url):
                if name == "relevance":
                    figures += measure_relevance(part)
                else:
                    figures += measure_speed(part, name, *SIZES[name], at=datetime.now(UTC))
    return figures


def _have_no_shop(folder: Path) -> None:
    """Make sure that no running shop is found."""
    os.environ.update(
        BANYAN_LOCAL="yes",
        BANYAN_STATE_DIR=str(folder),
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        DJANGO_SETTINGS_MODULE="monolith.config.settings",
        LOG_LEVEL="ERROR",
    )


if __name__ == "__main__":
    main()
