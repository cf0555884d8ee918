"""What gives gates their evidence, where waiting for customers does not."""

from __future__ import annotations

from dataclasses import dataclass

from monolith.strangler.runbook import conditions as is_so
from monolith.strangler.runbook.steps import Condition, Found, Step

ENGINEER = "engineer"
NOTHING_TO_UNDO = "nothing to undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A kind of step that some gates wait for. `after`: the names of others that come before it."""

    name: str
    why: str
    do: str
    gates: tuple[str, ...]
    max_minutes: float
    check: Condition = is_so.SERVICE_IS_DEPLOYED
    verify: Condition | None = None
    roll_back: str = NOTHING_TO_UNDO
    is_repeated: bool = False
    after: tuple[str, ...] = ()

    def step_to(self, rung: str) -> Step:
        """Return the step on the way to a rung."""
        return Step(
            id=f"{rung}.{self.name}",
            rung=rung,
            why=self.why,
            check=self.check,
            do=self.do,
            verify=self.verify or is_so.gates_pass(*self.gates),
            roll_back=self.roll_back,
            owner=ENGINEER,
            max_minutes=self.max_minutes,
            gates=self.gates,
            is_repeated=self.is_repeated,
        )


_ALWAYS = Condition(words="always", look=lambda _sight: Found(is_so=True, told="always"))

_DEPLOY = Provider(
    name="deploy",
    why="there has to be somebody to ask",
    do="deploy the service, and tell the monolith its address (`STRANGLER_SERVICE_URLS`)",
    check=_ALWAYS,
    verify=is_so.SERVICE_IS_DEPLOYED,
    roll_back="remove the address: the monolith answers everything",
    gates=(),
    max_minutes=60,
)
_WATCH = Provider(
    name="watch",
    why="heartbeats, dead letters and roll-backs are somebody's duty",
    do="start a worker with the watch in it (or `manage.py strangler watch` in a terminal)",
    verify=is_so.SOMEBODY_WATCHES,
    gates=("B2",),
    max_minutes=10,
    after=("deploy",),
)
_CHECK = Provider(
    name="check",
    why="both sides keep the contract, and an event that comes twice does no harm",
    do="manage.py strangler gates {path} --check",
    gates=("B1", "B4"),
    max_minutes=10,
    is_repeated=True,  # whoever was asked may not have answered
)
_PLAN = Provider(
    name="plan",
    why="what will change is written down before it does",
    do="manage.py strangler plan {path} --to backfill --as {actor}",
    check=is_so.NOTHING_HOLDS,
    verify=is_so.PLAN_HOLDS,
    gates=("B3",),
    max_minutes=5,
)
_BACKFILL = Provider(
    name="backfill",
    why="the service has to know everything that was before it",
    do="manage.py strangler backfill {path}",
    gates=("C1",),
    max_minutes=720,
    roll_back="manage.py strangler backfill abort {path} --reason '...'",
)
_RECONCILE = Provider(
    name="reconcile",
    why="every key is compared, whether or not anybody asks for it",
    do="manage.py strangler reconcile {path}",
    gates=("C2", "G1"),
    max_minutes=720,
)
_BASELINE = Provider(
    name="baseline",
    why="what the monolith's own answers change by themselves is nobody's mistake",
    do="manage.py strangler replay {path} --shapes all --n {double_reads}",
    gates=("D0",),
    max_minutes=60,
    is_repeated=True,  # whoever was asked may not have answered
)
_COVER = Provider(
    name="cover",
    why="customers do not ask every kind of question by themselves",
    do="manage.py strangler replay {path} --shapes missing",
    gates=("E4",),
    max_minutes=60,
    is_repeated=True,  # whoever was asked may not have answered
)
_EXPLAIN = Provider(
    name="explain",
    why="a difference that nobody understands is no small one",
    do="manage.py strangler mismatches {path}",
    verify=is_so.NOTHING_IS_UNEXPLAINED,
    gates=("E2",),
    max_minutes=2_880,
)
_DRILL = Provider(
    name="drill",
    why="a roll-back that was never rehearsed is a hope",
    do="manage.py strangler drill {path} --as {actor}",
    gates=("E6",),
    max_minutes=30,
)
_REHEARSE = Provider(
    name="rehearse",
    why="the monolith still knows how to answer, should it have to",
    do="manage.py strangler drill {path} --faults restore --as {actor}",
    verify=Condition(words="the drill `restore` passed", look=is_so.is_restored),
    gates=("H3",),
    max_minutes=10,
)

PROVIDERS = {
    gate: provider
    for provider in (
        _DEPLOY, _WATCH, _CHECK, _PLAN, _BACKFILL, _RECONCILE, _BASELINE, _COVER, _EXPLAIN, _DRILL,
        _REHEARSE,
    )
    for gate in provider.gates or (provider.name,)
}  # fmt: skip
"""Who provides for which gate, in the order in which the steps are taken."""
