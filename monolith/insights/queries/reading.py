"""One statement in, one row of a contract for each row out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = TypeVar("Row")


def read_rows(statement: str, parameters: Mapping[str, Any], row_class: type[Row]) -> list[Row]:
    """Read rows whose columns are named as the fields of their class."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [row_class(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
