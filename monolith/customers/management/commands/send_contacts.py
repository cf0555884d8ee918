"""`manage.py send_contacts`: whom to write to, for a service that missed the events telling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from monolith.customers.operations import send_contact
from monolith.customers.queries import count_customers, list_customer_ids

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Records a snapshot of each customer's contact, in the customer's own stream."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to go on after an interruption."""
        parser.add_argument(
            "--after", type=int, default=0, metavar="ID", help="go on behind this customer"
        )

    def handle(self, *_args: Any, after: int, **_options: Any) -> None:
        """Send them in the order of customer numbers; each is a transaction of its own."""
        sent = 0
        with tqdm(total=count_customers(), unit="customer", disable=None) as progress:
            while customer_ids := list_customer_ids(after=after):
                for customer_id in customer_ids:
                    sent += send_contact(customer_id=customer_id, sent_at=timezone.now())
                    progress.update()
                after = customer_ids[-1]
        self.stdout.write(f"{sent} contacts sent, up to customer {after}")
