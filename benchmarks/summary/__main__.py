"""`make bench-summary`: what keeping sums exact costs on the real trade, and its quantiles."""

from __future__ import annotations

import os
import sys

import django

from benchmarks.figures import publish


def main() -> None:
    """Measure; nothing is asked of a database, but the trade's own readers belong to the shop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monolith.config.settings")
    os.environ.setdefault("BANYAN_LOCAL", "yes")
    django.setup()
    from benchmarks.summary.measuring import measure

    sys.exit(not publish("summary", measure()))


if __name__ == "__main__":
    main()
