"""The services that copy streams, each as the agreement laws see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from event_contracts.customer_summary import CustomerSummaryQuery
from event_contracts.order_history import OrderHistoryQuery
from extracted_services.customer_summary import handlers as summary_handlers
from extracted_services.customer_summary import queries as summary_queries
from extracted_services.order_detail import handlers as detail_handlers
from extracted_services.order_detail import queries as detail_queries
from extracted_services.order_history import handlers as history_handlers
from extracted_services.order_history import queries as history_queries
from extracted_services.read_models.answering import NotComplete
from monolith.ordering.migration_paths.customer_summary import customer_summary
from monolith.ordering.migration_paths.order_detail import order_detail
from monolith.ordering.migration_paths.order_history import order_history
from tests.extracted_services.customer_summary.customers import in_memory_summaries
from tests.extracted_services.order_detail.orders import in_memory_orders
from tests.extracted_services.order_history.histories import in_memory_histories

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from monolith.strangler.registry import MovingRead

ON = date(2025, 3, 2)


@dataclass(frozen=True, kw_only=True)
class Copying:
    """A moving read, and the service that copies streams to answer it.

    `first_query(key)` begins a key's whole answer, which is the pages of it; `kept(key, store)` is
    what the service keeps of the key: the same however it was told.
    """

    path: MovingRead[Any, Any]
    handlers: ModuleType
    answer: Callable[[Any, Any], Any]
    new_store: Callable[[], Any]
    first_query: Callable[[str], Any]
    kept: Callable[[str, Any], object]

    def monolith_answer(self, key):
        return self._walked(key, self.path.ask_monolith)

    def service_answer(self, key, store):
        return self._walked(key, lambda query: self.answer(query, store))

    def find_answer(self, key, store):
        try:
            return self.service_answer(key, store)
        except NotComplete:
            return None

    def _walked(self, key, ask):
        pages: list[Any] = []
        query = self.first_query(key)
        while query is not None:
            pages.append(ask(query))
            query = self.path.source.next_query(query, pages[-1])
        return pages


ORDER_HISTORY = Copying(
    path=order_history,
    handlers=history_handlers,
    answer=history_queries.answer,
    new_store=in_memory_histories,
    first_query=lambda key: OrderHistoryQuery(customer_id=int(key), limit=2),
    kept=lambda key, store: [row.order for row in store.read_history(key).rows],
)
ORDER_DETAIL = Copying(
    path=order_detail,
    handlers=detail_handlers,
    answer=detail_queries.answer,
    new_store=in_memory_orders,
    first_query=order_detail.source.first_query,
    kept=lambda key, store: store.read_orders(key),
)
CUSTOMER_SUMMARY = Copying(
    path=customer_summary,
    handlers=summary_handlers,
    answer=summary_queries.answer,
    new_store=in_memory_summaries,
    first_query=lambda key: CustomerSummaryQuery(customer_id=int(key), on=ON),
    kept=lambda key, store: store.table.read(key),
)
COPIES = (ORDER_HISTORY, ORDER_DETAIL, CUSTOMER_SUMMARY)
