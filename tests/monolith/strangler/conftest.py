"""A library whose one read moves, and a service that takes it over."""

from __future__ import annotations

import pytest

from monolith.outbox import waking
from monolith.strangler import queries, registry
from monolith.strangler.queries import StageCache
from monolith.strangler.stages import Stage
from tests.monolith.strangler.library import Library
from tests.monolith.strangler.service import running_service


@pytest.fixture(autouse=True)
def _no_memory_between_tests():
    queries.stages.forget()
    yield
    queries.stages.forget()
    waking.close()


@pytest.fixture(autouse=True)
def _local_credentials(settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"


@pytest.fixture
def library(monkeypatch):
    library = Library()
    library.put(7, ["Emma", "Persuasion"], as_of=3)
    monkeypatch.setitem(registry._declared, "shelf", library.path())
    return library


@pytest.fixture
def service(settings):
    with running_service() as service:
        settings.STRANGLER_SERVICE_URLS = {"shelf": service.url, "order_history": service.url}
        yield service


@pytest.fixture
def at_service(monkeypatch, library, service):
    """The service answers the library's read; asking for the stage needs no database."""
    monkeypatch.setattr(queries, "stages", StageCache(lambda: {"shelf": Stage.SERVICE}))
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma", "Persuasion"]})
    return service
