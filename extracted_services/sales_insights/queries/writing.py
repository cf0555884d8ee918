"""Writing the values of a question into its SQL, as both engines take it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from event_contracts.sales_insights import Period

# Whatever may name a product or a stream, but the apostrophe: it goes into a statement.
_NAME = re.compile(r"[!-&(-~]{0,128}")


def written(sql: str, period: Period, *, about: str | Sequence[str] = "") -> str:
    """Write values in the place of `:start`, `:end` and `:about`.

    Raises:
        ValueError: `about` holds what is no name.
    """
    names = [about] if isinstance(about, str) else about
    values = {
        "start": f"TIMESTAMP '{period.first_day} 00:00:00'",
        "end": f"TIMESTAMP '{period.until_day} 00:00:00'",
        "about": ", ".join(f"'{name_in_sql(name)}'" for name in names),
    }
    return re.sub(r":(start|end|about)\b", lambda found: values[found[1]], sql)


def name_in_sql(text: str) -> str:
    """Return a name that can be written between apostrophes.

    Raises:
        ValueError: it cannot.
    """
    if not _NAME.fullmatch(text):
        raise ValueError("expected a stock code or a stream")
    return text
