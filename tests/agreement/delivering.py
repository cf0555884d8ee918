"""Events on their way from the outbox to a service: duplicated, reordered, lost, sent back."""

from __future__ import annotations

from contextlib import contextmanager, suppress

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from event_contracts.codec import decode
from extracted_services.read_models.projecting import VersionGap
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage

disorders = st.randoms(use_true_random=False)
relaxed = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def undone():
    """Let a shop come into being; every trace of it is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def published():
    """The texts that the outbox would publish, in its order."""
    recording.flush()
    return list(OutboxMessage.objects.order_by("id").values_list("payload", flat=True))


def with_duplicates(texts, disorder):
    """Deliver some again, later on but in the order of the first time, as a FIFO queue does."""
    delivered = []
    for text in texts:
        delivered.append(text)
        if disorder.random() < 0.3:
            delivered.append(disorder.choice(delivered))
    return delivered


def survivors_of(texts, disorder):
    return [text for text in texts if disorder.random() < 0.5]


def deliver(text, handlers, store):
    with suppress(VersionGap):  # back to the queue
        handlers.project(decode(text), kept_in=store)
