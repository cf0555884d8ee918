"""What somebody has to look after while paths move: one process at a time, every few seconds.

It lets the heart beat and listens for it, begins new epochs, evaluates gates and watches what only
shows over time (slowness, lag). Beside that it goes on reconciling. A service that answers slowly
must not silence the hearts of all others. What a single read can show is not left to it: every
process acts on that within a second (`pulse`).
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import close_old_connections, connection
from django.utils import timezone

from monolith.strangler import reconciliation, registry
from monolith.strangler.calling import clients
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.ladder import rung_above
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import evidence, gating
from monolith.strangler.state import effects, epochs, queries
from monolith.strangler.watching import dead_letters, duties, heartbeats, reacting, tendencies

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monolith.strangler.models import PathState

    Step = Callable[[str, PathState, datetime], None]

logger = structlog.get_logger(__name__)

DUTY = "watch"
ROUND_SECONDS = 2.0
GATES_EVERY = timedelta(seconds=10)
GATES_AT_REST = timedelta(seconds=30)
"""How often gates are asked while evidence comes in, and while it does not: only time moves then.

A profile that wants its passes further apart is asked as seldom as that.
"""


def look_after(path: str, *, at: datetime) -> None:
    """Do one round for one path. A step that fails is logged, and does not keep the next one."""
    state = queries.get_state(path)
    for step in _STEPS:
        _take(step, path, state, at)


def go_on_reconciling(path: str, *, at: datetime) -> None:
    """Compare some more keys of a path; that it fails is logged."""
    _take(_reconcile, path, queries.get_state(path), at)


def _take(step: Step, path: str, state: PathState, at: datetime) -> None:
    try:
        step(path, state, at)
    except Exception:  # one path's trouble is not the others'
        logger.exception("watch step failed", path=path, step=step.__name__.strip("_"))


def _beat(path: str, _state: PathState, at: datetime) -> None:
    if registry.get_path(path).heartbeat is None or clients.client_for(path) is None:
        return
    heartbeats.send(path, at=at)
    lag = heartbeats.listen(path)
    if lag is None:
        heartbeats.restore(path)  # the service was not there when the first ones were sent
    else:
        tallies.time_taken(path, "lag", lag * 1000)


def _look_for_dead_letters(path: str, _state: PathState, _at: datetime) -> None:
    found = dead_letters.count(path)
    if found is not None:
        tallies.add(path, "dead-letters", "some" if found else "none")


def _renew_epoch(path: str, _state: PathState, at: datetime) -> None:
    epochs.renew(path, at=at)


def _watch_tendencies(path: str, state: PathState, at: datetime) -> None:
    if state.stage < Stage.CANARY:
        return
    for alarm in tendencies.look(path, at=at):
        reacting.react(alarm, at=at)


def _evaluate_gates(path: str, state: PathState, at: datetime) -> None:
    above = rung_above(queries.rung_of(state))
    if above is None or clients.client_for(path) is None:
        return
    if _are_due(path, above.name, at):
        gating.evaluate(path, at=at)


def _are_due(path: str, rung: str, at: datetime) -> bool:
    """Whoever wants to climb asks for themselves, and at once: this is for those who look on."""
    asked_at = gating.evaluated_at(path, rung)
    if asked_at is None:
        return True
    if at - asked_at < max(GATES_EVERY, gating.current_profile().between_passes):
        return False
    return at - asked_at >= GATES_AT_REST or evidence.has_moved(path, since=asked_at)


def _reconcile(path: str, state: PathState, _at: datetime) -> None:
    # A chunk of keys a round: a pass over thousands takes minutes, and begins again at its end.
    if Stage.SHADOW <= state.stage < Stage.RETIRED and clients.client_for(path) is not None:
        reconciliation.step(path)


_STEPS: tuple[Step, ...] = (
    _beat,
    _look_for_dead_letters,
    _renew_epoch,
    _watch_tendencies,
    _evaluate_gates,
)


class Watcher:
    """Does rounds for as long as it holds the duty; tries to get it until then.

    Every path has a thread, and with it a connection to the database, of its own: a service that
    hangs delays its own path's rounds and nobody else's heartbeats. In one more it reconciles
    meanwhile: a piece of that may take as long as a service does.
    """

    def __init__(self) -> None:
        self._name = effects.own_name()
        self._stopping, self._is_on_duty = threading.Event(), threading.Event()
        self._duty = _thread("duty", self.run)

    def start(self) -> None:
        """Begin."""
        self._duty.start()

    def stop_soon(self) -> None:
        """End after the present steps; waits for nothing."""
        self._stopping.set()

    def stop(self) -> None:
        """End after the present steps, and give the duty back."""
        self.stop_soon()
        self._duty.join(timeout=10)

    def run(self) -> None:
        """Keep the duty in this thread, and do rounds in others, until `stop` is called."""
        rounds = [_thread(path, self._look_after, path) for path in registry.names()]
        for thread in (*rounds, _thread("proof", self._prove)):
            thread.start()
        self._every_round(self._keep_duty)
        for thread in rounds:
            thread.join()
        self._try(self._leave)
        connection.close()

    def _look_after(self, path: str) -> None:
        def round_of_path() -> None:
            if self._is_on_duty.is_set():
                look_after(path, at=timezone.now())

        self._every_round(round_of_path)
        connection.close()

    def _prove(self) -> None:
        while not self._stopping.is_set():
            self._try(self._reconcile_some)
            self._stopping.wait(ROUND_SECONDS)
        connection.close()

    def _every_round(self, piece: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._try(piece)
            self._stopping.wait(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))

    def _try(self, piece: Callable[[], None]) -> None:
        try:
            close_old_connections()
            piece()
        except Exception:  # the watch goes on, whatever it is
            logger.exception("watch failed", piece=piece.__name__.strip("_"))

    def _keep_duty(self) -> None:
        is_ours = False
        try:
            is_ours = duties.take(DUTY, self._name, at=timezone.now())
        finally:  # whoever cannot tell has it no more
            (self._is_on_duty.set if is_ours else self._is_on_duty.clear)()

    def _reconcile_some(self) -> None:
        for path in registry.names():
            if self._stopping.is_set() or not self._is_on_duty.is_set():
                return
            go_on_reconciling(path, at=timezone.now())

    def _leave(self) -> None:
        duties.leave(DUTY, self._name)


def _thread(name: str, target: Callable[..., None], *arguments: str) -> threading.Thread:
    return threading.Thread(
        target=target, args=arguments, name=f"strangler-watch-{name}", daemon=True
    )
