"""What the tests of the whole application share."""

from __future__ import annotations

import pytest
from django.db import connection

from infra.local.ports import free_port


@pytest.fixture
def lost_database():
    """The server of the database answers no more."""
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = str(free_port())
    yield
    connection.close()
    connection.settings_dict["PORT"] = port
