"""`make bench-notification`: what each style of event costs, and does without the monolith."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import publish
from benchmarks.propagation import become_part_of
from infra.local.mail_sink import mail_sink
from infra.local.running import run_shop


def main() -> None:
    """Open a quiet shop that sends its letters here, and measure both styles in turns."""
    with (
        tempfile.TemporaryDirectory(prefix="banyan-notification-") as folder,
        mail_sink() as mail,
        run_shop(
            Path(folder), generated_orders=20, rung="monolith", environment={"SMTP_URL": mail.url}
        ) as shop,
    ):
        os.environ["SMTP_URL"] = mail.url
        become_part_of(shop)
        from benchmarks.notification import costs, delays, outage
        from benchmarks.notification.scene import Scene

        scene = Scene(shop, mail)
        figures = [figure for part in (delays, costs, outage) for figure in part.measure(scene)]
    sys.exit(not publish("notification", figures))


if __name__ == "__main__":
    main()
