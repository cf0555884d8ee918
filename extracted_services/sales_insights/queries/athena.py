"""What Athena has to be told once: the same tables, over the lists that every merge writes.

`python -m extracted_services.sales_insights.queries.athena BUCKET` prints the statements.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from extracted_services.sales_insights.queries.views import ATHENA_VIEWS
from extracted_services.sales_insights.view import ATHENA, TABLES, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {"VARCHAR": "string", "BIGINT": "bigint", "BOOLEAN": "boolean", "TIMESTAMP": "timestamp"}


def statements(bucket: str) -> Iterator[str]:
    """Yield what makes the tables, partitioned by projection, and the views of Athena."""
    for table in TABLES:
        columns = ",\n  ".join(f"`{name}` {_hive(kind)}" for name, kind in columns_of(table))
        place = f"s3://{bucket}/{ATHENA}{table}"
        yield (
            f"CREATE EXTERNAL TABLE {table} (\n  {columns}\n)\n"
            "PARTITIONED BY (day string)\n"
            "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'\n"
            "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat'\n"
            "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n"
            f"LOCATION '{place}/'\n"
            "TBLPROPERTIES ('projection.enabled' = 'true', 'projection.day.type' = 'date',\n"
            "  'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '2009-01-01,NOW',\n"
            f"  'storage.location.template' = '{place}/day=${{day}}/')"
        )
    for name, query in ATHENA_VIEWS.items():
        yield f"CREATE OR REPLACE VIEW {name} AS{query.rstrip()}"


def _hive(kind: str) -> str:
    if kind.endswith("[]"):
        return f"array<{_hive(kind[:-2])}>"
    if kind.startswith("STRUCT("):
        inner = re.findall(r'"(\w+)" (\w+)', kind)
        return f"struct<{','.join(f'{name}:{_hive(word)}' for name, word in inner)}>"
    return _WORDS[kind]


if __name__ == "__main__":
    sys.stdout.writelines(f"{each};\n\n" for each in statements(sys.argv[1]))
