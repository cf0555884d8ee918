"""Imported once by the server that the processes under test are forked from.

It opens no connection and starts no thread: what it holds is copied into every one of them.
"""

from __future__ import annotations

import os

from tests.monolith.outbox.faults import clocks

clocks.install()  # before anything that asks for the time is imported

import django  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

import monolith.outbox.recording  # noqa: E402
import monolith.outbox.relay  # noqa: E402, F401
