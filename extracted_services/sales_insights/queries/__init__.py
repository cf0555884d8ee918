"""From a question to its answer: SQL over the files, and over what has just landed."""

from __future__ import annotations

from extracted_services.sales_insights.queries.answering import answer, read_question

__all__ = ["answer", "read_question"]
