"""From a question to its answer: SQL over the files, and over what has just landed."""

from __future__ import annotations

from extracted_services.sales_insights.queries.answering import answer, read_report
from extracted_services.sales_insights.queries.remembering import Remembered
from extracted_services.sales_insights.queries.streams import checksum, list_streams, read_stream

__all__ = ["Remembered", "answer", "checksum", "list_streams", "read_report", "read_stream"]
