"""Contacts of customers: the latest that their stream told."""

from __future__ import annotations

from extracted_services.order_confirmation.addresses import Addresses
from tests.extracted_services.order_confirmation.facts import ANNA, CONTACT, GUEST


def test_contact_is_found_again(table):
    addresses = Addresses(table)

    assert addresses.keep(ANNA, CONTACT, version=1) is True

    assert addresses.find(ANNA) == CONTACT


def test_later_contact_takes_the_place_of_the_earlier_one(table):
    addresses = Addresses(table)
    addresses.keep(ANNA, CONTACT, version=1)

    addresses.keep(ANNA, GUEST, version=4)

    assert addresses.find(ANNA) == GUEST


def test_earlier_contact_that_comes_late_is_left_alone(table):
    addresses = Addresses(table)
    addresses.keep(ANNA, GUEST, version=4)

    assert addresses.keep(ANNA, CONTACT, version=1) is False
    assert addresses.keep(ANNA, CONTACT, version=4) is False

    assert addresses.find(ANNA) == GUEST


def test_nobody_is_found_of_whom_nothing_was_told(table):
    assert Addresses(table).find(ANNA) is None
