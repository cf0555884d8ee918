"""The shop's settings, with the handful that tests need otherwise."""

import os

os.environ.setdefault("BANYAN_LOCAL", "yes")
os.environ.setdefault("BANYAN_STATE_DIR", "/nonexistent/banyan-tests-use-no-running-shop")

from tests.database import provide_database

provide_database()

from monolith.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOX_WAKER_IDLE_SECONDS = 3  # so that the test database can be dropped
OUTBOX_RELAY_IN_WORKER = False
STRANGLER_PROFILE = "standard"
STRANGLER_WATCH_IN_WORKER = False
OUTBOX_TOPIC_ARNS = {
    kind: f"arn:aws:sns:eu-west-1:000000000000:{kind}-events.fifo"
    for kind in ("announcement", "basket", "customer", "guest-order", "product")
}
WHITENOISE_AUTOREFRESH = True  # static files are not collected for tests
CELERY_BROKER_URL = "memory://"
