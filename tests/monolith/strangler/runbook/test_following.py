"""Steps in their order, waiting, going on, and stopping with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from django.utils import timezone

from monolith.strangler import operations, runbook
from monolith.strangler.deciding.ladder import rung_called
from monolith.strangler.models import BackfillRun, PathState
from monolith.strangler.runbook import following
from monolith.strangler.runbook.sight import look
from monolith.strangler.runbook.steps import Condition, Found
from monolith.strangler.watching import duties
from tests.factories import NOON
from tests.monolith.strangler.gates.recorded import open_epoch, stand, tally

pytestmark = pytest.mark.django_db


def coming(**until):
    found = runbook.next_step("shelf", at=timezone.now(), **until)
    return found.step.id if found else None


def test_service_that_is_not_deployed_comes_first(library, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    assert coming() == "backfill.deploy"


def test_watch_comes_before_what_it_has_to_see(library, service):
    assert coming() == "backfill.watch"

    duties.take("watch", "somebody", at=timezone.now())

    assert coming() == "backfill.check"


def test_step_whose_gates_pass_is_not_taken_again(library, service):
    operations.place(path="shelf", rung="backfill", actor="a", reason="r", at=timezone.now())
    assert coming() == "shadow-1.backfill"

    now = timezone.now()
    BackfillRun.objects.create(path="shelf", started_at=now, finished_at=now, keys_done=1)

    assert coming() == "shadow-1.reconcile"


def test_rung_is_looked_at_before_the_next_one_is_earned(library, service):
    open_epoch(1)
    stand("shadow-10")
    assert coming() == "shadow-10.look"

    tally("compare", "match", 3, at=timezone.now())

    assert coming() == "shadow-100.baseline"


def test_wrong_answers_are_no_look_that_satisfies(library, service):
    open_epoch(1)
    stand("shadow-10")
    tally("compare", "match", 3, at=timezone.now())
    tally("compare", "wrong", 1, at=timezone.now())

    assert coming() == "shadow-10.look"


def test_nothing_is_left_to_do_where_the_path_was_meant_to_go(library, service):
    open_epoch(1)
    stand("shadow-10")
    tally("compare", "match", 3, at=timezone.now())

    assert coming(until=rung_called("shadow-10")) is None
    assert coming(until=rung_called("shadow-1")) is None


def test_sight_tells_the_plan_that_holds_and_who_agreed(library, service):
    open_epoch(1)
    stand("canary-50")
    now = timezone.now()
    plan = operations.plan(path="shelf", actor="dana", at=now)
    operations.approve(plan_id=plan.pk, actor="robin", reason="fine", at=now)

    sight = look("shelf", "service", at=timezone.now())

    assert sight.plan == plan
    assert (sight.approvers, sight.approvals_missing) == (frozenset({"robin"}), 0)
    PathState.objects.update(version=9)
    assert look("shelf", "service", at=timezone.now()).plan is None


@dataclass
class Told:
    lines: list[str] = field(default_factory=list)

    def began(self, step):
        self.lines.append(f"[ ] {step.id}")

    def waits(self, _step, told):
        self.lines.append(f"waits: {told}")

    def done(self, step, _seconds):
        self.lines.append(f"[x] {step.id}")


class World:
    """Steps that become true when they are done so often, and a clock that goes on in pauses."""

    def __init__(self, sight):
        self.sight, self.now = sight, 0.0
        self.steps: list[runbook.Step] = []
        self.typed: list[str] = []
        self.codes: dict[str, list[int]] = {}
        self.true: set[str] = set()
        self.needed = 1

    def clock(self):
        return self.now

    def pause(self, seconds):
        self.now += seconds

    def next_step(self, _path, **_when):
        for step in self.steps:
            if step.id not in self.true:
                found = step.verify(self.sight)
                return following.Next(step=step, sight=self.sight, found=found)
        return None

    def execute(self, words, _is_quiet):
        name = words[0]
        self.typed.append(" ".join(words))
        codes = self.codes.get(name, [])
        code = codes.pop(0) if codes else 0
        times = sum(typed.startswith(name) for typed in self.typed)
        if code == 0 and times >= self.needed:
            self.true.add(name)
        return code, f"ended with {code}"


@pytest.fixture
def world(library, service, monkeypatch):
    world = World(look("shelf", "shadow-1", at=NOON))
    monkeypatch.setattr(following, "next_step", world.next_step)
    monkeypatch.setattr(following, "all_steps", lambda: world.steps)
    return world


NOT_YET = Condition(words="so", look=lambda _sight: Found(is_so=False, told="not yet"))
ALWAYS = Condition(words="so", look=lambda _sight: Found(is_so=True, told="yes"))


def a_step(name, **changes):
    plain = runbook.Step(
        id=name,
        rung="shadow-1",
        why="w",
        check=ALWAYS,
        do=f"manage.py strangler {name} {{path}} --as {{actor}}",
        verify=NOT_YET,
        roll_back="r",
        owner="o",
        max_minutes=1,
    )
    return replace(plain, **changes)


def follow(world, **more):
    told = Told()
    runbook.Follower(
        path="shelf",
        until=rung_called("shadow-1"),
        people=runbook.People(actor="dana"),
        execute=world.execute,
        progress=told,
        clock=world.clock,
        pause=world.pause,
        **more,
    ).follow()
    return told.lines


def test_steps_are_taken_one_after_the_other(world):
    world.steps = [a_step("one"), a_step("two")]

    lines = follow(world)

    assert world.typed == ["one shelf --as dana", "two shelf --as dana"]
    assert lines == ["[ ] one", "[x] one", "[ ] two", "[x] two"]


def test_step_that_was_done_is_not_done_again_while_it_becomes_true(world):
    world.steps, world.needed = [a_step("one")], 2

    with pytest.raises(runbook.StepTookTooLong, match="one is not true after 1 min: not yet"):
        follow(world)

    assert world.typed == ["one shelf --as dana"]
    assert 60 < world.now < 62


def test_no_step_takes_longer_than_it_was_told_to(world):
    world.steps, world.needed = [a_step("one", max_minutes=100)], 2

    with pytest.raises(runbook.StepTookTooLong, match=r"after 0\.5 min"):
        follow(world, most_minutes=0.5)


def test_repeated_step_is_asked_again_until_it_is_true(world):
    world.steps, world.needed = [a_step("one", is_repeated=True, max_minutes=60)], 3

    follow(world)

    between = world.sight.profile.between_passes.total_seconds()
    assert len(world.typed) == 3
    assert 2 * between <= world.now < 2 * between + 2


def test_command_that_fails_is_tried_again_twice(world):
    world.steps, world.codes = [a_step("one")], {"one": [2, 2]}
    assert follow(world)[-1] == "[x] one"

    world.true.clear()
    world.codes = {"one": [2, 2, 2]}
    with pytest.raises(runbook.StepFailed, match="one failed 3 times: ended with 2"):
        follow(world)


def test_nothing_is_done_before_it_may_be(world):
    patience = iter([False] * 4 + [True] * 10)
    check = Condition(words="so", look=lambda _sight: Found(is_so=next(patience), told="paused"))
    world.steps = [a_step("one", check=check)]

    assert follow(world) == ["[ ] one", "waits: paused", "[x] one"]
    assert world.now == 4 * 0.5


def test_step_by_hand_waits_for_the_hand(world):
    world.steps = [a_step("one", do="ring the bell")]

    with pytest.raises(runbook.StepTookTooLong):
        follow(world)

    assert world.typed == []


def test_step_that_nobody_here_may_take_waits_for_somebody_else(world):
    world.steps = [a_step("one", do="manage.py strangler approve {plan} --as {approver}")]

    with pytest.raises(runbook.StepTookTooLong):
        follow(world)

    assert world.typed == []


def test_what_is_true_no_more_is_done_again(world):
    world.steps = [a_step("one"), a_step("two")]
    world.codes = {"two": [2]}
    execute = world.execute

    def forgetful(words, is_quiet):
        code, said = execute(words, is_quiet)
        if code:
            world.true.discard("one")
        return code, said

    world.execute = forgetful

    lines = follow(world)

    assert [typed.split()[0] for typed in world.typed] == ["one", "two", "one", "two"]
    ticks = [line for line in lines if line.startswith("[")]
    assert ticks == ["[ ] one", "[x] one", "[ ] two", "[ ] one", "[x] one", "[ ] two", "[x] two"]


def test_path_that_falls_meanwhile_is_not_pushed_up_again(world):
    world.steps = [a_step("one"), a_step("two")]
    execute = world.execute

    def falling(words, is_quiet):
        status = replace(world.sight.status, rung=rung_called("backfill"))
        world.sight = replace(world.sight, status=status)
        return execute(words, is_quiet)

    world.sight = replace(
        world.sight, status=replace(world.sight.status, rung=rung_called("canary-5"))
    )
    world.execute = falling

    with pytest.raises(runbook.PathFell, match="shelf went down to backfill"):
        follow(world)

    assert world.typed == ["one shelf --as dana"]
