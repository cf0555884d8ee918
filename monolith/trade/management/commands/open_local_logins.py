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
from monolith.strangler import registry
from monolith.trade.lots import spread_over_lots

if TYPE_CHECKING:
    from argparse import ArgumentParser

STAFF = "staff@banyan.example"
CUSTOMER = "customer@banyan.example"
PASSWORD = "banyan-local"  # noqa: S105 - known to all on purpose: the command refuses elsewhere


class Command(BaseCommand):
    """Makes a member of staff, and lets customers sign in: the busiest, and readers of paths."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose readers are wanted, and how many."""
        parser.add_argument("paths", nargs="*", metavar="PATH", help="paths to find readers of")
        parser.add_argument(
            "--each-lot", type=int, default=1, help="so many of each lot of the path's canary (1)"
        )

    def handle(self, *_args: Any, paths: list[str], each_lot: int, **_options: Any) -> None:
        """Open the logins and write them where `make up` finds them."""
        if not settings.IS_LOCAL:
            raise CommandError("logins that everybody knows are for a local shop only")
        _open_staff_login()
        _open_customer_login()
        logins = {
            "staff": STAFF,
            "customer": CUSTOMER,
            "password": PASSWORD,
            "readers": {path: _open_logins_of(path, each_lot) for path in paths},
        }
        (settings.STATE_DIR / "logins.json").write_text(json.dumps(logins, indent=2) + "\n")
        self.stdout.write(f"{STAFF} and {CUSTOMER} can sign in")


def _open_logins_of(path: str, each_lot: int) -> list[dict[str, str | int | None]]:
    drawn = spread_over_lots(registry.get_path(path), each_lot=each_lot)
    return [
        {
            "lot": each.lot,
            "customer_id": each.customer_id,
            "email": "" if each.customer_id is None else _open_login_of(each.customer_id),
            "visitor": each.visitor,
        }
        for each in drawn
    ]


def _open_login_of(customer_id: int) -> str:
    """Let a customer sign in, and return as whom."""
    email = f"customer-{customer_id}@banyan.example"
    with suppress(CustomerHasAccount):
        open_account(
            customer_id=customer_id, email=email, password=PASSWORD, opened_at=timezone.now()
        )
    user = get_customer(customer_id=customer_id).user
    if user is not None and not user.has_usable_password():  # live trade has registered them
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    return user.get_username() if user is not None else email


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
