"""The stack of extracted_services/catalogue_search."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as event_sources

from event_contracts.catalogue import ProductSnapshotTaken
from event_contracts.streams import PRODUCT
from infra.building_blocks.projection_service import BATCH_SIZE, ProjectionService
from infra.building_blocks.publication import Publication

# What changes within it is published at one go.
WINDOW = Duration.seconds(1)
PUBLISH_TIMEOUT = Duration.seconds(60)


class CatalogueSearch(ProjectionService):
    """A table of products, and an index of them that is published to a bucket and read from it."""

    def __init__(self, scope: Any) -> None:
        super().__init__(
            scope,
            service="catalogue_search",
            question="Which gifts match?",
            stream_kinds=(PRODUCT,),
            snapshots=(ProductSnapshotTaken,),
            partition_key="stock_code",
            sort_key="row",
            routes=("/products", "/products/checksums", "/products/keys"),
        )
        publication = Publication(
            self, publisher="catalogue-search", window=WINDOW, function_timeout=PUBLISH_TIMEOUT
        )
        on_publish = self._add_function("on_publish", PUBLISH_TIMEOUT)
        self._table.grant(on_publish, "dynamodb:Query", "dynamodb:Scan", "dynamodb:GetItem")
        on_publish.add_event_source(
            event_sources.SqsEventSource(
                publication.queue, batch_size=BATCH_SIZE, report_batch_item_failures=True
            )
        )
        publication.let_ask(self.on_events)
        publication.let_publish(on_publish)
        publication.let_read(self.on_request)


def add(scope: Any) -> CatalogueSearch:
    """Add the service that answers "which gifts match?"."""
    return CatalogueSearch(scope)
