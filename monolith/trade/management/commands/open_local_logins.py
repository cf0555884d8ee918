"""`manage.py open_local_logins`: somebody to sign in as, on this machine only."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from monolith.customers.operations import CustomerHasAccount, open_account
from monolith.ordering.queries import find_busiest_customer_id

STAFF = "staff@banyan.example"
CUSTOMER = "customer@banyan.example"
PASSWORD = "banyan-local"  # noqa: S105 - known to all on purpose: the command refuses elsewhere


class Command(BaseCommand):
    """Makes a member of staff, and lets the customer with the longest history sign in."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Open the logins and write them where `make up` finds them."""
        if not settings.IS_LOCAL:
            raise CommandError("logins that everybody knows are for a local shop only")
        _open_staff_login()
        _open_customer_login()
        logins = {"staff": STAFF, "customer": CUSTOMER, "password": PASSWORD}
        (settings.STATE_DIR / "logins.json").write_text(json.dumps(logins, indent=2) + "\n")
        self.stdout.write(f"{STAFF} and {CUSTOMER} can sign in")


def _open_staff_login() -> None:
    users = get_user_model().objects
    if not users.filter(username=STAFF).exists():
        users.create_superuser(username=STAFF, email=STAFF, password=PASSWORD)


def _open_customer_login() -> None:
    customer_id = find_busiest_customer_id()
    if customer_id is None:
        raise CommandError("nobody has ordered yet: import or replay some trade first")
    try:
        open_account(
            customer_id=customer_id, email=CUSTOMER, password=PASSWORD, opened_at=timezone.now()
        )
    except CustomerHasAccount:
        return  # from an earlier run
