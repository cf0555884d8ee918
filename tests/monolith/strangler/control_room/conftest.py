"""A control room with five paths, a clock that stands still, and people who may do this or that."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from monolith.strangler import operations, registry
from tests.factories import NOON
from tests.monolith.strangler.control_room.seeding import PATHS, seed
from tests.monolith.strangler.library import Library

EVERY_PERMISSION = (
    "view_control_room",
    "operate_paths",
    "approve_plans",
    "kill_paths",
    "reveal_samples",
)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def paths(monkeypatch):
    """Five declared paths of which nothing is known."""
    library = Library()
    declared = {name: library.path(name) for name in PATHS}
    monkeypatch.setattr(registry, "_declared", declared)
    return tuple(declared)


@pytest.fixture
def seeded(db, paths):
    """The five paths on their rungs, with all that was seen of them."""
    seed(NOON)
    return paths


@pytest.fixture
def signed_in(db):
    """Make browsers of users with permissions; without a name, they are dana."""

    def client_of(*permissions, name="dana"):
        user = get_user_model().objects.create_user(name, password="lanterns")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def dana(signed_in):
    """Somebody who may do everything."""
    return signed_in(*EVERY_PERMISSION)


class Operators:
    """Stands where the operations are: notes what was asked for, in words that they understand."""

    def __init__(self, real):
        self.asked = []
        self.refusal = None
        self._real = real

    def stand_in_for(self, name):
        signature = inspect.signature(self._real[name])

        def noted(**given):
            signature.bind(**given)
            self.asked.append((name, given))
            if self.refusal is not None:
                raise self.refusal
            return SimpleNamespace(pk=77)

        return noted


@pytest.fixture
def operators(monkeypatch):
    names = ("plan", "approve", "advance", "roll_back", "pause", "resume", "kill", "unkill")
    noting = Operators({name: getattr(operations, name) for name in names})
    for name in names:
        monkeypatch.setattr(operations, name, noting.stand_in_for(name))
    return noting
