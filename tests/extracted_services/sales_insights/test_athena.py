"""What Athena is told parses in its dialect, and asks only for what its tables and views hold."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError
from sqlglot.optimizer.qualify import qualify

from extracted_services.sales_insights.queries import athena, stream_statements
from extracted_services.sales_insights.queries.statements import STATEMENTS
from extracted_services.sales_insights.queries.views import VIEWS
from extracted_services.sales_insights.view import TABLES, columns_of

ATHENA, DUCKDB = "athena", "duckdb"


def parsed(sql: str, dialect: str = ATHENA) -> Any:
    return sqlglot.parse_one(sql, dialect=dialect)


CREATED = [parsed(each) for each in athena.statements("a-bucket")]
QUESTIONS = STATEMENTS | {
    "streams": stream_statements.STREAMS,
}
for name, asked in stream_statements.STREAM_STATEMENTS.items():
    QUESTIONS[f"versions/{name}"], QUESTIONS[name] = asked.versions, asked.rows


def tables():
    """Return the columns of each table, as Athena is told them."""
    return {
        created.this.this.name: {
            column.name: str(column.kind)
            for column in created.this.expressions
            if isinstance(column, exp.ColumnDef)
        }
        for created in CREATED
        if created.kind == "TABLE"
    }


def views():
    """Return the columns of each view, found by looking the tables up."""
    return {
        created.this.name: dict.fromkeys(
            looked_up(created.expression, tables()).named_selects, "unknown"
        )
        for created in CREATED
        if created.kind == "VIEW"
    }


def looked_up(query: Any, schema: dict[str, Any]) -> Any:
    return qualify(query.copy(), schema=schema, dialect=ATHENA)


def test_there_is_a_table_for_each_type_of_event_and_a_view_for_each_difference():
    assert {name: list(columns) for name, columns in tables().items()} == {
        table: [name for name, _ in columns_of(table)] for table in TABLES
    }
    assert views().keys() == VIEWS.keys()


@pytest.mark.parametrize("name", VIEWS)
def test_views_have_the_same_columns_in_either_spelling(name):
    ours = parsed(VIEWS[name], DUCKDB)

    assert list(views()[name]) == ours.named_selects


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_asks_athena_for_columns_that_there_are(name):
    question = parsed(QUESTIONS[name].sql)

    assert looked_up(question, tables() | views()).named_selects


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT colour FROM {TABLES[0]}",
        "SELECT colour FROM ordered_lines",
        "SELECT line.quantity FROM ordered_lines",
    ],
)
def test_column_that_there_is_not_would_be_noticed(sql):
    with pytest.raises(OptimizeError):
        looked_up(parsed(sql), tables() | views())


def test_statement_that_does_not_parse_would_be_noticed():
    with pytest.raises(ParseError):
        parsed("SELECT FROM WHERE (")
