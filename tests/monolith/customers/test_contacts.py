"""Whom to write to, told once more to who missed it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from event_contracts.customers import Contact, ContactSnapshotTaken
from monolith.customers import operations
from monolith.customers.models import Customer
from tests.factories import NOON, a_customer, recorded, recorded_types

pytestmark = pytest.mark.django_db


def test_contact_is_told_as_of_the_version_that_the_stream_has():
    alice = a_customer("Alice", email="alice@example.com")

    assert operations.send_contact(customer_id=alice.pk, sent_at=NOON) is True

    fact, snapshot = recorded()
    assert (snapshot.stream, snapshot.version) == (fact.stream, fact.version)
    assert snapshot.data == ContactSnapshotTaken(
        customer_id=alice.pk, contact=Contact(name="Alice", email="alice@example.com")
    )


def test_next_fact_follows_as_if_nothing_had_been_told():
    alice = a_customer()
    operations.send_contact(customer_id=alice.pk, sent_at=NOON)

    operations.change_details(customer_id=alice.pk, name="Alison", changed_at=NOON)

    assert recorded()[-1].version == 2


def test_customer_without_an_email_is_not_told_of():
    alice = a_customer()
    Customer.objects.filter(pk=alice.pk).update(email=None)

    assert operations.send_contact(customer_id=alice.pk, sent_at=NOON) is False

    assert recorded_types() == ["customers.customer_registered.v1"]


def test_unknown_customer_is_refused():
    with pytest.raises(operations.CustomerNotFound):
        operations.send_contact(customer_id=1, sent_at=NOON)


def test_command_tells_of_everybody_and_says_how_far_it_came():
    alice, bob = a_customer("Alice"), a_customer("Bob")
    said = StringIO()

    call_command("send_contacts", stdout=said)

    snapshots = [e.data for e in recorded() if isinstance(e.data, ContactSnapshotTaken)]
    assert [snapshot.customer_id for snapshot in snapshots] == [alice.pk, bob.pk]
    assert said.getvalue() == f"2 contacts sent, up to customer {bob.pk}\n"


def test_command_goes_on_behind_a_customer():
    alice, bob = a_customer("Alice"), a_customer("Bob")

    call_command("send_contacts", f"--after={alice.pk}", stdout=StringIO())

    snapshots = [e.data for e in recorded() if isinstance(e.data, ContactSnapshotTaken)]
    assert [snapshot.customer_id for snapshot in snapshots] == [bob.pk]
