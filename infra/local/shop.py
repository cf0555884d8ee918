"""The shop's processes, the order they start in, and what a new shop needs before it opens."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.local import postgres, programs, run_file
from infra.local.processes import DidNotStart
from infra.local.site import ROOT, Site
from infra.local.steps import StepFailed, Steps
from infra.local.trade_source import HISTORY_UNTIL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.console import Console
    from infra.local.supervisor import Supervisor
    from infra.local.trade_source import TradeSource

# An event published shortly before a checkpoint may be in neither: republish a little more.
_CHECKPOINT_MARGIN = timedelta(seconds=30)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
READS_MOVE, READS_SETTLED, READS_FAILED = "moving", "settled", "failed"
"""How far the reads are that were to move when the shop was opened: `reads` in the run file."""


class Shop:
    """One running shop under a supervisor."""

    def __init__(
        self,
        supervisor: Supervisor,
        console: Console,
        state_dir: Path,
        trade: TradeSource,
        *,
        trickle: bool,
        rung: str,
        is_over: Callable[[], bool],
    ) -> None:
        self._supervisor = supervisor
        self._console = console
        self._state_dir = state_dir
        self._trade = trade
        self._trickle = trickle
        self._rung = rung
        self._site = Site(state_dir)
        self._is_new = not (state_dir / "postgres").exists() and "DATABASE_URL" not in os.environ
        self._lost_everything = False
        self._worker_waits = False
        self._steps = Steps(
            directory=ROOT, console=console, environment=self._site.environment, is_over=is_over
        )

    def open(self, *, control_port: int) -> None:
        """Start everything, and fill a new shop with history.

        Raises:
            DidNotStart: a process ended or was not ready in time.
            Interrupted: it was over before the shop was open.
            StepFailed: a step of the set-up failed.
        """
        self._supervisor.on_change = lambda: self._write_run_file(control_port)
        for stage in (self._open_platform, self._open_shop, self._furnish, self._let_trade_in):
            stage()
        self._write_run_file(control_port, is_open=True, reads=self._reads)
        self._greet()
        self._let_reads_move()

    def _open_platform(self) -> None:
        if "DATABASE_URL" not in os.environ:
            self._supervisor.start(programs.postgres(self._site))
            postgres.ensure_database(self._site.postgres_port)
        # A shop that was closed for days lacks the days' partitions until beat has made them.
        self._steps.manage("migrate", "migrate", "--verbosity=0", "--skip-checks")
        self._supervisor.start(programs.lambda_host(self._site))
        self._start_aws()

    def _open_shop(self) -> None:
        self._supervisor.start(programs.web(self._site))
        self._supervisor.start(programs.worker(self._site))
        self._supervisor.start(programs.beat(self._site))

    def _start_aws(self) -> None:
        """Start local AWS, and give back what it lost if it was killed.

        Nobody publishes meanwhile: an event overtaking the lost ones of its stream would be a gap.

        Raises:
            DidNotStart: it did not start, or could not be deployed to; it is stopped again.
        """
        self._worker_waits |= "worker" in self._supervisor.pids
        self._supervisor.stop("worker")
        self._supervisor.start(programs.aws(self._site), restart=self._start_aws)
        try:
            self._deploy()
            self._republish_what_was_lost()
        except StepFailed as error:
            self._supervisor.fail("aws")
            raise DidNotStart(str(error)) from error
        if self._worker_waits:
            self._worker_waits = False
            self._supervisor.restart("worker")

    def _deploy(self) -> None:
        self._steps.run(
            "deploy",
            sys.executable,
            "-m",
            "infra.local.deploy",
            f"--endpoint={self._site.urls['aws']}",
            f"--out={self._state_dir / 'deployed.json'}",
            f"--shop-origin={self._site.urls['web']}",
        )

    def _republish_what_was_lost(self) -> None:
        restored = json.loads((self._state_dir / "aws" / "restored.json").read_text())
        is_first_start, self._is_new = self._is_new, False
        if restored["clean"] or is_first_start:
            return
        since = _LONG_AGO
        if restored["checkpoint_at"]:
            since = datetime.fromisoformat(restored["checkpoint_at"]) - _CHECKPOINT_MARGIN
        else:
            self._lost_everything = True
        self._console.say(f"local AWS was killed: publishing again since {since.isoformat()}")
        self._steps.manage("resync", "outbox", "resync", f"--since={since.isoformat()}")

    def _furnish(self) -> None:
        """Give a new shop its past. Done once."""
        if self._is_done("furnished"):
            return
        if self._trade.orders_to_generate and not self._trade.file.exists():
            self._steps.manage(
                "generate",
                "generate_trade",
                "--seed=1",
                f"--orders={self._trade.orders_to_generate}",
                f"--out={self._trade.file}",
            )
        self._steps.manage(
            "import", "import_online_retail", str(self._trade.file), f"--until={HISTORY_UNTIL}"
        )
        self._steps.manage("logins", "open_local_logins")
        if self._rung == "monolith":  # the shop's own choice: a later start moves nothing
            self._mark_done("reads-moved")
        self._mark_done("furnished")

    @property
    def _reads(self) -> str:
        is_settled = self._is_done("reads-moved") and not self._lost_everything
        return READS_SETTLED if is_settled else READS_MOVE

    def _let_reads_move(self) -> None:
        """Fill the services, and let them answer, while the monolith does: nobody has to wait."""
        if self._reads == READS_SETTLED:
            return
        # A shop that was killed meanwhile may have sent its snapshots in vain: from the start then.
        words = self._paths()
        if self._lost_everything:
            self._console.shout("local AWS had lost everything: taking all snapshots again")
        if not self._is_done("reads-moved"):
            words.append(f"--rung={self._rung}")
        self._supervisor.start(programs.reads(self._site, words, ended=self._reads_have_ended))

    def _paths(self) -> list[str]:
        """Name the read paths that have a service to move to: it is called as they are."""
        deployed = json.loads((self._state_dir / "deployed.json").read_text())
        return sorted(deployed["services"])

    def _reads_have_ended(self, exit_code: int) -> None:
        if exit_code == 0:
            self._mark_done("reads-moved")
            self._console.say(f"all reads that have a service are on the rung {self._rung}")
        else:
            log = self._console.log_of("reads")
            self._console.shout(f"reads that did not move stay in the monolith: see the log {log}")
        self._note(reads=READS_SETTLED if exit_code == 0 else READS_FAILED)

    def _let_trade_in(self) -> None:
        if self._trickle:
            self._console.say("live trade: an invoice every two seconds (TRADE=off: none)")
            self._supervisor.start(programs.trade(self._site, self._trade.file))

    def _is_done(self, step: str) -> bool:
        return (self._state_dir / f"{step}.done").exists()

    def _mark_done(self, step: str) -> None:
        (self._state_dir / f"{step}.done").touch()

    def _write_run_file(self, control_port: int, **facts: Any) -> None:
        self._note(
            **self._site.urls, pid=os.getpid(), control_port=control_port,
            processes=self._supervisor.pids, **facts,
        )  # fmt: skip

    def _note(self, **facts: Any) -> None:
        run_file.write(self._state_dir, {**run_file.read(self._state_dir), **facts})

    def _greet(self) -> None:
        logins = json.loads((self._state_dir / "logins.json").read_text())
        say, web, password = self._console.say, self._site.urls["web"], logins["password"]
        say(f"shop      {web}/")
        say(f"admin     {web}/admin/   {logins['staff']} / {password}")
        say(f"my orders {web}/orders/  {logins['customer']} / {password}")
        say(f"API       {web}/api/v1/schema/")
