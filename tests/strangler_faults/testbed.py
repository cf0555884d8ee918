"""A shop whose service stands behind a fault proxy, two web processes more, and a crowd in them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import psycopg

from event_contracts.streams import customer_stream
from infra.local.deploy import LocalAws
from infra.local.ports import free_port
from infra.local.readiness import http_answers
from infra.local.running import ROOT, RunningShop
from infra.local.waiting import wait_until
from tests.strangler_faults import operating
from tests.strangler_faults.crowd import Api, Crowd, Customer
from tests.strangler_faults.proxy import FaultProxy, healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATH = "order_history"
PROCESSES = ("web-a", "web-b")
# The crowd, the shop, AWS and the service share a few cores here: a budget in which a healthy
# service answers all the same. Two seconds are too slow for it, as for the usual 0.4 s.
TIMEOUT_SECONDS = 1.8
SERVICES = ("event_contracts", "extracted_services")
_IN, _OUT, _ORDERS = 6, 4, 3
_THREADS = 5
_CALM_PAGES = 100
_ATTEMPTS = 3
_UNLIMITED = "1000000/min"
CANARY_STAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A change that the machine made by itself; `at` is when, in seconds since 1970."""

    id: int
    at: float
    is_off: bool
    rung: str
    reason: str


class Testbed:
    """Everything. `shop.web` answers from the monolith whatever the stage: it knows the truth."""

    __test__ = False

    def __init__(self, shop: RunningShop, services: Path, *, wsgi: str) -> None:
        self.shop = shop
        self._services = services
        self._closing = ExitStack()
        try:
            self._open(wsgi)
        except BaseException:
            self.close()
            raise

    def _open(self, wsgi: str) -> None:
        shop = self.shop
        deployed_file = shop.state_dir / "deployed.json"
        self.deployed = json.loads(deployed_file.read_text())
        self.proxy = FaultProxy(self.deployed["services"][PATH])
        self._closing.callback(self.proxy.close)
        self.deployed["services"][PATH] = self.proxy.url
        deployed_file.write_text(json.dumps(self.deployed))
        for process in ("web", "worker"):
            shop.control("restart", process)
        self.database = psycopg.connect(shop.addresses["postgres"], autocommit=True)
        self._closing.callback(self.database.close)
        self._operator = self._closing.enter_context(_operator(shop))
        self.addresses = {
            name: self._closing.enter_context(self._web(name, wsgi)) for name in PROCESSES
        }
        made = self._make_people()
        self.crowd = Crowd(
            [Customer(**person) for person in made["people"]],
            self.addresses,
            shop.addresses["web"],
            made["stock_codes"],
            threads=_THREADS,
        )
        with closing(Api(shop.addresses["web"])) as truth:
            for customer in self.crowd.customers:
                self.crowd.learn(customer, truth)
        self.crowd.start()
        self._closing.callback(self.crowd.stop)

    def close(self) -> None:
        """End everything that was begun here."""
        self._closing.close()

    # -- the path -------------------------------------------------------------------------------

    def strangler(self, *words: str) -> None:
        """Run a verb of `manage.py strangler`."""
        self._operator.run("strangler", *words)

    def stand(self, rung: str) -> None:
        """Put the path on a rung, with everything verified, and wait until all is calm there."""
        self.proxy.fault = healthy
        self.wait_until_well()
        if self.rows("select 1 from strangler_pathstate where hold = 'frozen'"):
            self.strangler("lift", PATH, "--reason=the next fault")
        # On a busy machine a healthy service may miss its budget, and the path go down for it.
        assert any(self._is_calm_on(rung) for _ in range(_ATTEMPTS)), "alarms without any fault"

    def wait_until_well(self) -> None:
        """Wait until the service answers quickly about everybody, with all that has happened."""
        self.wait_for(self._service_is_well, "a service that answers")

    def _service_is_well(self) -> bool:
        began = time.monotonic()
        for customer in self.crowd.customers:
            stream = customer_stream(customer.id)
            ((version,),) = self.rows(
                f"select version from outbox_stream where stream = '{stream}'"
            )
            try:
                with urlopen(f"{self.proxy.url}/customers/{customer.id}/orders", timeout=5) as said:
                    as_of = json.load(said)["as_of"]
            except OSError:
                return False
            if as_of < version:
                return False
        return time.monotonic() - began < TIMEOUT_SECONDS

    @property
    def stranger(self) -> int:
        """Somebody whose orders nobody else may see."""
        return self.crowd.customers[-1].id

    @contextmanager
    def exclusively(self, customer: Customer) -> Iterator[tuple[Api, Api]]:
        """Let only the test order for a customer, while nobody reads for them."""
        customer.may_order = False
        with (
            customer.lock,
            closing(Api(self.addresses[PROCESSES[0]])) as api,
            closing(Api(self.shop.addresses["web"])) as truth,
        ):
            yield api, truth

    def _is_calm_on(self, rung: str) -> bool:
        """Place the path, wait until every process answers as it should; tell if it stays so."""
        newest = self.newest_change()
        self.strangler("place", PATH, rung, "--reason=the next fault")
        self.strangler("dial", PATH, "verify=10000", "--reason=find wrong values")
        since = time.time()
        is_served = rung.startswith(("canary", "service"))

        def is_calm() -> bool:
            pages = self.crowd.since(since)[-_CALM_PAGES:]
            return all(
                sum(page.process == name for page in pages) >= _CALM_PAGES / 4
                and any(page.source == "service" for page in pages if page.process == name)
                is is_served
                for name in PROCESSES
            )

        self.wait_for(lambda: is_calm() or self.falls(newest), "calm")
        return not self.falls(newest)

    def newest_change(self) -> int:
        """Return the id of the newest change of the path."""
        ((newest,),) = self.rows("select coalesce(max(id), 0) from strangler_transition")
        return int(newest)

    def falls(self, after: int, kind: str = "auto") -> list[Fall]:
        """List what the machine itself (or `human`) changed after a change."""
        found = self.rows(
            "select id, extract(epoch from at), after, reason from strangler_transition"
            f" where path = '{PATH}' and actor_kind = '{kind}' and id > {after} order by id"
        )
        return [
            Fall(
                id=number,
                at=float(at),
                is_off=state["stage"] < CANARY_STAGE or state["hold"] == "frozen",
                rung=_name(state),
                reason=reason,
            )
            for number, at, state, reason in found
        ]

    def alarmed_at(self, watch: str) -> float:
        """Return when a watch of the path last alarmed, in seconds since 1970; 0: never."""
        found = self.rows(
            "select extract(epoch from alarmed_at) from strangler_watch"
            f" where path = '{PATH}' and name = '{watch}' and alarmed_at is not null"
        )
        return float(found[0][0]) if found else 0

    def effect(self, change: int) -> float | None:
        """Return after how many seconds all processes served by a change, as they measured it."""
        found = self.rows(
            f"select milliseconds, workers from strangler_transitioneffect"
            f" where transition_id = {change} and is_complete"
        )
        return found[0][0] / 1000 if found else None

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.database.execute(statement).fetchall()

    def wait_for(self, condition: Callable[[], object], what: str, *, seconds: float = 120) -> None:
        """Wait for a condition while the crowd goes on.

        Raises:
            NeverHappened: it did not hold in time.
        """

        def holds() -> bool:
            if self.crowd.problem is not None:
                raise self.crowd.problem
            return bool(condition())

        wait_until(holds, what, seconds=seconds)

    def wait_for_pages(self, number: int, *, since: float) -> None:
        """Wait until each process has answered so many reads asked for after an instant."""

        def is_enough() -> bool:
            pages = self.crowd.since(since)
            return all(sum(page.process == name for page in pages) >= number for name in PROCESSES)

        self.wait_for(is_enough, f"{number} pages of each process")

    # -- faults ---------------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """Return a client of local AWS."""
        return LocalAws(self.shop.addresses["aws"], region="eu-west-1").client(service)

    def let_events_in(self, is_allowed: bool) -> None:  # noqa: FBT001
        """Let the service consume events, or not."""
        client = self.client("lambda")
        (mapping,) = client.list_event_source_mappings(FunctionName="order-history-on-events")[
            "EventSourceMappings"
        ]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=is_allowed)

    def lose_events_of(self, customer: Customer) -> int:
        """Take a customer's events out of the service's queue; return how many there were."""
        sqs, queue = self.client("sqs"), self.deployed["queues"]["order_history_events"]
        lost = 0
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            receipt = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
            if f'"{customer_stream(customer.id)}"' in message["Body"]:
                sqs.delete_message(**receipt)
                lost += 1
            else:
                sqs.change_message_visibility(**receipt, VisibilityTimeout=0)
        return lost

    @contextmanager
    def broken_projection(self, before: str, after: str) -> Iterator[None]:
        """Deploy another projection; the host takes new code with the next call."""
        file = self._services / "extracted_services" / "order_history" / "projection.py"
        sound = file.read_text()
        assert sound.count(before) == 1
        file.write_text(sound.replace(before, after))
        try:
            yield
        finally:
            file.write_text(sound)

    def repair(self) -> None:
        """Send the service a snapshot of everybody: that mends what it got wrong, or missed."""
        self.strangler("backfill", PATH, "--restart")

    # -- processes ------------------------------------------------------------------------------

    @contextmanager
    def _web(self, name: str, wsgi: str) -> Iterator[str]:
        """Run a web process that connects as a role of its own."""
        role = name.replace("-", "_")
        for statement in (
            f"create role {role} login",
            f"grant all on all tables in schema public to {role}",
            f"grant all on all sequences in schema public to {role}",
            f"grant usage on schema public to {role}",
        ):
            self.database.execute(statement)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {
            **self.shop.environment,
            "DATABASE_URL": self.shop.addresses["postgres"].replace("banyan@", f"{role}@"),
            "STRANGLER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "API_RATE_CUSTOMER": _UNLIMITED,
        }
        with (self.shop.state_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", wsgi, f"--bind=127.0.0.1:{port}",
                    "--worker-class=gthread", "--workers=1", "--threads=8", "--keep-alive=75",
                    "--no-control-socket",
                ],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            wait_until(lambda: http_answers(f"{address}/healthz"), name, seconds=60)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)

    def _make_people(self) -> dict[str, Any]:
        words = [str(number) for number in (_IN, _OUT, _ORDERS)]
        made = subprocess.run(
            [sys.executable, "-m", "tests.strangler_faults.people", *words],
            cwd=ROOT, env=self.shop.environment, text=True, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
        return told


class Operator:
    """Somebody who types commands."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._hear()

    def run(self, *words: str) -> None:
        """Run a command to its end.

        Raises:
            RuntimeError: it failed.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(_quoted, words)) + "\n")
        self._process.stdin.flush()
        heard, is_done = self._hear()
        if not is_done:
            raise RuntimeError(f"{' '.join(words)}: {heard}")

    def _hear(self) -> tuple[str, bool]:
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.startswith((operating.DONE, operating.FAILED)):
                return "".join(lines), line.startswith(operating.DONE)
            lines.append(line)
        return "".join(lines), False


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word


@contextmanager
def _operator(shop: RunningShop) -> Iterator[Operator]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.strangler_faults.operating"],
        cwd=ROOT, env=shop.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Operator(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def copy_of_services(folder: Path) -> Path:
    """Copy the code of the services, to deploy other versions of it."""
    for name in SERVICES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _name(state: dict[str, Any]) -> str:
    if state["hold"] == "frozen":
        return "frozen"
    if state["stage"] < CANARY_STAGE:
        return "shadow" if state["stage"] else "monolith"
    return f"canary-{state['canary_bp'] // 100}" if state["stage"] == CANARY_STAGE else "service"
