"""A shop whose style of letters can be changed, somebody who orders, and what came of it."""

from __future__ import annotations

import json
import os
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.conf import settings

from benchmarks.outbox.placing import Shopper
from infra.local.deploy import LocalAws, deploy
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection

    from infra.local.mail_sink import MailSink
    from infra.local.running import RunningShop

STYLES = ("fat", "thin")
ENTRY_POINTS = {
    "fat": "order-confirmation-on-events",
    "thin": "order-confirmation-on-announcements",
}
MOST_SECONDS = 60


@dataclass(frozen=True)
class Placed:
    """One order, and when its transaction had committed, by the clock of `time.time`."""

    number: str
    committed_at: float


class Scene:
    """The shop, its mail, and the customer whose letters are waited for."""

    def __init__(self, shop: RunningShop, mail: MailSink) -> None:
        self.shop = shop
        self.mail = mail
        self._aws = LocalAws(shop.addresses["aws"], region=os.environ["AWS_DEFAULT_REGION"])

    @cached_property
    def shopper(self) -> Shopper:
        """Somebody with an e-mail, who buys twenty things at a time."""
        return Shopper()

    def choose(self, style: str) -> None:
        """Have one style send. Orders are announced only while that is needed: it costs time."""
        os.environ["CONFIRMATION"] = style
        settings.ORDERING_ANNOUNCEMENTS = style == "thin"
        with redirect_stdout(StringIO()):
            deploy(self._aws, shop_origin=self.shop.addresses["web"])

    def place(self) -> Placed:
        """Place an order, in this process: it needs the database and no web process."""
        order = self.shopper.order()
        return Placed(number=order.number, committed_at=time.time())

    def arrivals(self) -> dict[str, float]:
        """Return when the first letter about each order came."""
        return {letter.order_number: letter.at for letter in reversed(self.mail.letters)}

    def wait_for(self, orders: Collection[Placed]) -> None:
        """Wait for a letter about each."""
        wait_until(
            lambda: {order.number for order in orders} <= self.arrivals().keys(),
            f"letters about {len(orders)} orders",
            seconds=MOST_SECONDS,
            every=0.005,
        )

    def lines(self, style: str) -> list[dict[str, Any]]:
        """Return what a style's function has logged so far."""
        log = (self.shop.state_dir / "logs" / "lambda-host.log").read_text()
        marked = [line.partition(f"{ENTRY_POINTS[style]} ")[2] for line in log.splitlines()]
        return [json.loads(line.partition(" ")[2]) for line in marked if "{" in line]

    def dead_letters(self) -> int:
        """Count what the thin style gave up."""
        deployed = json.loads((self.shop.state_dir / "deployed.json").read_text())
        answer = self._aws.client("sqs").get_queue_attributes(
            QueueUrl=deployed["queues"]["order_confirmation_thin_events_dead"],
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])
