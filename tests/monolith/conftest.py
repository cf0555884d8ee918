"""What the monolith's tests share: clients of the API, and no memory between tests."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from monolith.outbox import waking


@pytest.fixture(autouse=True)
def _no_memory_of_requests():
    """Forget how often somebody called, and hold no connection to the test database."""
    cache.clear()
    yield
    waking.close()


@pytest.fixture(scope="session")
def _collected_files(tmp_path_factory):
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _static_root(settings, _collected_files):
    """Have a folder of collected files, however empty: WhiteNoise warns when there is none."""
    settings.STATIC_ROOT = _collected_files


@pytest.fixture
def api():
    """The API as a stranger calls it."""
    return APIClient()


@pytest.fixture
def api_for():
    """Make clients of the API that send a user's token."""

    def client_of(user) -> APIClient:
        client = APIClient()
        token, _ = Token.objects.get_or_create(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return client_of


@pytest.fixture
def staff():
    """Make staff with permissions such as `ordering.change_order`."""

    def user_with(*permissions: str):
        user = get_user_model().objects.create_user("dana", password="lanterns", is_staff=True)
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(
                Permission.objects.get(content_type__app_label=app, codename=codename)
            )
        return user

    return user_with
