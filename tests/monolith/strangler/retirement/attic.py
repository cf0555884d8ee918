"""A small shop whose one read has moved out: what belongs to the read, and what does not."""

from __future__ import annotations

from monolith.strangler.retirement.modules import read_modules
from monolith.strangler.retirement.source import Source

ANSWER = "shop.queries.shelves.list_books"
FILES = {
    "shop/__init__.py": "",
    "shop/queries/__init__.py": """
from shop.queries.shelves import list_books, list_titles

__all__ = ["list_books", "list_titles"]
""",
    "shop/queries/shelves.py": """
import json
from decimal import Decimal

from django.conf import settings

from shop.registering import register

_BOOKS = "SELECT title FROM shop_shelf JOIN shop_book ON true"
_ALONE = 7


def list_books(query):
    limit = settings.SHOP_BOOKS_LIMIT
    return _drawn("shop/books.html", _rows(_BOOKS), limit, _alone(), Decimal(1), _hook())


def list_titles(key):
    return _rows(json.dumps(key))


def draw_titles(key):
    return _drawn_titles("shop/titles.html", list_titles(key), settings.SHOP_SHARED)


def _rows(sql):
    return sql


def _alone():
    return _ALONE + settings.SHOP_SHARED


def _drawn(name, *rest):
    return _drawn_again(name, *rest)


def _drawn_again(name, *rest):
    return _drawn(name, *rest) if rest else name


def _drawn_titles(name, *rest):
    return name, rest


@register
def _hook():
    return None
""",
    "shop/models.py": """
from django.db import models


class Shelf(models.Model):
    class Meta:
        indexes = [models.Index(fields=["title"], name="shop_shelf_title")]


class Member(models.Model):
    class Meta:
        indexes = [models.Index(fields=["name"], name="shop_member_name")]
""",
    "shop/migration_paths.py": """
from monolith.strangler.registry import MovingRead
from shop.queries import list_books

SHELF = "shelf"


def same(one, other):
    return ()


shelf = MovingRead(
    name=SHELF,
    monolith_answer=list_books,
    compare=same,
)
other = MovingRead(name="other", monolith_answer=None)
""",
    "shop/templates/shop/books.html": "<ul>\n</ul>\n",
    "shop/templates/shop/titles.html": "<ol>\n</ol>\n",
    "tests/test_shelves.py": """
from shop import queries

SCRIPT = "from shop.queries import list_books"


def test_books():
    assert queries.list_books(1)


def test_titles():
    assert queries.list_titles(1)
""",
}


def build(root, **changes):
    """Write the shop's files below a folder; `changes` are other texts, None for no file."""
    for file, text in (FILES | changes).items():
        path = root / file
        if text is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Source(
        modules=read_modules(root, "shop"),
        tests=read_modules(root, "tests"),
        templates={
            path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.html")
        },
    )


def line_of(file, text):
    """Return the number of the first line that holds a text."""
    lines = FILES[file].splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
