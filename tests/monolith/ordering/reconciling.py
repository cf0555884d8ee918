"""The paths of ordering with the real service behind each, to be reconciled."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extracted_services.customer_summary import handlers as summary_handlers
from extracted_services.customer_summary.store import SummaryStore
from extracted_services.customer_summary.view import SUMMARY
from extracted_services.order_detail import handlers as detail_handlers
from extracted_services.order_detail.store import OrderStore
from extracted_services.order_history import handlers as history_handlers
from extracted_services.order_history.store import HistoryStore
from extracted_services.read_models.items import number
from monolith.ordering.migration_paths.customer_summary import customer_summary
from monolith.ordering.migration_paths.order_detail import order_detail
from monolith.ordering.migration_paths.order_history import order_history
from monolith.strangler import reconciliation
from tests.monolith.strangler.real_service import RealService
from tests.monolith.strangler.service import running_service

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from monolith.strangler.registry import MovingRead


@dataclass(frozen=True, kw_only=True)
class Served:
    """A moving read and its service: what reconciling asks it, and one way to spoil what it keeps.

    `spoil(rows)` is of the rows of a customer who sent something back; `difference` is its name.
    """

    path: MovingRead[Any, Any]
    handlers: ModuleType
    store: type
    checksums: str
    lists: str
    answers: str
    spoil: Callable[[dict[str, Any]], None]
    difference: str

    @contextmanager
    def running(self, settings):
        with running_service() as running:
            settings.STRANGLER_SERVICE_URLS = {self.path.name: running.url}
            settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
            yield RealService(running, handlers=self.handlers, store=self.store)

    def reconcile(self, patience_seconds=0.0, **options):
        return reconciliation.run(self.path.name, patience_seconds=patience_seconds, **options)


def outcomes(report):
    return {final: count for final, count in report.counts.items() if count}


def _change_a_total(rows):
    rows[max(rows)]["total_pence"] = number(1)


def _lose_a_return(rows):
    del rows[next(row for row in rows if "#return#" in row)]


def _count_an_order_twice(rows):
    rows[SUMMARY]["order_count"] = number(2)


ORDER_HISTORY = Served(
    path=order_history,
    handlers=history_handlers,
    store=HistoryStore,
    checksums="GET /customers/checksums",
    lists="GET /customers",
    answers="GET /customers/{id}/orders",
    spoil=_change_a_total,
    difference="orders[0].total_pence changed",
)
ORDER_DETAIL = Served(
    path=order_detail,
    handlers=detail_handlers,
    store=OrderStore,
    checksums="GET /streams/checksums",
    lists="GET /streams",
    answers="GET /orders",
    spoil=_lose_a_return,
    difference="order.returns[0] missing",
)
CUSTOMER_SUMMARY = Served(
    path=customer_summary,
    handlers=summary_handlers,
    store=SummaryStore,
    checksums="GET /customers/checksums",
    lists="GET /customers",
    answers="GET /customers/{id}/summary",
    spoil=_count_an_order_twice,
    difference="order_count changed",
)
PATHS = (ORDER_HISTORY, ORDER_DETAIL, CUSTOMER_SUMMARY)
