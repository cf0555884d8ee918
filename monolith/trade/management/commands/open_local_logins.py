"""`manage.py open_local_logins`: somebody to sign in as, on this machine only."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from monolith.customers.operations import CustomerHasAccount, open_account
from monolith.customers.queries import get_customer
from monolith.ordering.queries import find_busiest_customer_id
from monolith.trade.lots import Drawn, spread_over_lots

if TYPE_CHECKING:
    from argparse import ArgumentParser

STAFF = "staff@banyan.example"
CUSTOMER = "customer@banyan.example"
PASSWORD = "banyan-local"  # noqa: S105 - known to all on purpose: the command refuses elsewhere


class Command(BaseCommand):
    """Makes a member of staff, and lets the customer with the longest history sign in."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how many customers more can sign in."""
        parser.add_argument(
            "--customers", type=int, default=0, help="and so many of each lot of the canary"
        )

    def handle(self, *_args: Any, customers: int, **_options: Any) -> None:
        """Open the logins and write them where `make up` finds them."""
        if not settings.IS_LOCAL:
            raise CommandError("logins that everybody knows are for a local shop only")
        _open_staff_login()
        _open_customer_login()
        logins = {
            "staff": STAFF,
            "customer": CUSTOMER,
            "password": PASSWORD,
            "customers": [_open_login_of(each) for each in spread_over_lots(each_lot=customers)],
        }
        (settings.STATE_DIR / "logins.json").write_text(json.dumps(logins, indent=2) + "\n")
        self.stdout.write(f"{STAFF} and {CUSTOMER} can sign in")


def _open_login_of(customer: Drawn) -> dict[str, str | int]:
    email = f"customer-{customer.customer_id}@banyan.example"
    with suppress(CustomerHasAccount):
        open_account(
            customer_id=customer.customer_id,
            email=email,
            password=PASSWORD,
            opened_at=timezone.now(),
        )
    user = get_customer(customer_id=customer.customer_id).user
    if user is not None and not user.has_usable_password():  # live trade has registered them
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    username = user.get_username() if user is not None else email
    return {"id": customer.customer_id, "email": username, "lot": customer.lot}


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
