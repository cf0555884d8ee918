"""The Lambda host with real worker processes: AWS's runtime client and our own loop alike."""

from __future__ import annotations

import asyncio
import json
import os
import textwrap
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.lambda_host.functions import (
    AWS_RUNTIME,
    OWN_RUNTIME,
    Function,
    Surroundings,
    process_environment,
)
from infra.local.lambda_host.host import LambdaHost
from infra.local.lambda_host.pool import Limits, Throttled
from infra.local.lambda_host.worker import Event

HANDLERS = """
    import os, sys, time

    class OrderRejected(Exception):
        pass

    def on_event(event, context):
        print("handling", event)
        left = context.get_remaining_time_in_millis()
        return {"greeting": "hello", "pid": os.getpid(), "left": left}

    def on_rejected(event, context):
        raise OrderRejected("closed")

    def on_slow(event, context):
        print("began", end="")
        time.sleep(event)
        return os.getpid()

    def on_held(event, context):
        while os.path.exists(event):
            time.sleep(0.01)
        return os.getpid()
"""
FUNCTION = Function(
    name="shop",
    arn="arn:aws:lambda:eu-west-1:000000000000:function:shop",
    handler="watched.handlers.on_event",
    timeout_seconds=30,
    memory_mib=128,
)


@pytest.fixture
def source(tmp_path):
    """The handlers' file, in a working tree of its own."""
    path = tmp_path / "watched" / "handlers.py"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(HANDLERS))
    return path


@pytest.fixture
def held(tmp_path):
    """A file that `on_held` waits to disappear."""
    path = tmp_path / "held"
    path.touch()
    return path


@asynccontextmanager
async def running_host(source, *, runtime=AWS_RUNTIME, **limits):
    root = source.parent.parent
    host = LambdaHost(
        Surroundings(root, "http://127.0.0.1:1", runtime),
        watched=[source.parent],
        limits=Limits(**limits),
    )
    try:
        yield host
    finally:
        await host.stop()


async def invoke(host, handler, event=None, **changes):
    function = replace(FUNCTION, handler=f"watched.handlers.{handler}", **changes)
    request_id = f"request-{os.urandom(4).hex()}"
    result = await host.invoke(
        function, Event(request_id, json.dumps(event).encode(), function.arn)
    )
    return json.loads(result.payload), result


both_runtimes = pytest.mark.parametrize("runtime", [AWS_RUNTIME, OWN_RUNTIME], ids=["aws", "own"])


@both_runtimes
def test_warm_worker_answers_again(source, runtime):
    async def run():
        async with running_host(source, runtime=runtime) as host:
            first, cold = await invoke(host, "on_event", {"a": 1})
            second, warm = await invoke(host, "on_event", {"a": 1})

            assert first["pid"] == second["pid"]
            assert 0 < first["left"] <= 30_000
            assert "handling {'a': 1}" in warm.log.splitlines()
            assert ("Init Duration" in cold.log, "Init Duration" in warm.log) == (True, False)

    asyncio.run(run())


def is_nice(pid):
    """Tell whether a process gives way, and its session with it where Linux goes by that."""
    niceness = os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0)
    group = Path(f"/proc/{pid}/autogroup")
    is_ours = os.access(group, os.W_OK)
    of_group = int(group.read_text().split()[-1]) if is_ours else niceness
    assert (niceness > 0) == (of_group > 0)
    return niceness > 0


@pytest.mark.parametrize(
    ("timeout_seconds", "gives_way"), [(30, False), (31, True)], ids=["waited for", "in peace"]
)
def test_function_that_nobody_can_wait_for_gives_way(source, timeout_seconds, gives_way):
    async def run():
        async with running_host(source) as host:
            answer, _ = await invoke(host, "on_event", timeout_seconds=timeout_seconds)

            assert is_nice(answer["pid"]) is gives_way

    asyncio.run(run())


@both_runtimes
def test_raised_error_has_aws_shape(source, runtime):
    async def run():
        async with running_host(source, runtime=runtime) as host:
            payload, result = await invoke(host, "on_rejected")

            assert result.is_error
            assert payload["errorType"] == "OrderRejected"
            assert payload["errorMessage"] == "closed"
            assert payload["requestId"].startswith("request-")
            assert "in on_rejected" in payload["stackTrace"][-1]

    asyncio.run(run())


@both_runtimes
@pytest.mark.parametrize(
    ("handler", "error_type"),
    [("on_absent", "Runtime.HandlerNotFound"), ("absent.on_event", "Runtime.ImportModuleError")],
)
def test_handler_that_cannot_be_loaded_has_aws_error_type(source, runtime, handler, error_type):
    async def run():
        async with running_host(source, runtime=runtime) as host:
            payload, result = await invoke(host, handler)

            assert result.is_error
            assert payload["errorType"] == error_type

    asyncio.run(run())


def test_changed_source_is_run_by_the_next_invocation(source):
    async def run():
        async with running_host(source) as host:
            before, _ = await invoke(host, "on_event")
            source.write_text(source.read_text().replace("hello", "howdy"))
            after, _ = await invoke(host, "on_event")

            assert (before["greeting"], after["greeting"]) == ("hello", "howdy")

    asyncio.run(run())


def test_worker_busy_while_source_changed_ends_after_its_event(source, held):
    async def run():
        async with running_host(source) as host:
            busy = asyncio.create_task(invoke(host, "on_held", str(held)))
            await invoke(host, "on_held", "nothing")
            (source.parent / "new.py").write_text("")
            await invoke(host, "on_held", "nothing")
            held.unlink()
            old, _ = await busy
            survivors = {(await invoke(host, "on_held", "nothing"))[0] for _ in range(3)}

            assert old not in survivors

    asyncio.run(run())


def test_updated_configuration_reaches_the_next_invocation(source):
    async def run():
        async with running_host(source) as host:
            before, _ = await invoke(host, "on_event")
            after, _ = await invoke(host, "on_event", variables=(("STAGE", "new"),))

            assert before["pid"] != after["pid"]

    asyncio.run(run())


def test_timed_out_worker_is_replaced_and_its_unfinished_line_kept(source):
    async def run():
        async with running_host(source) as host:
            _, result = await invoke(host, "on_slow", 60, timeout_seconds=1)
            _, replaced = await invoke(host, "on_slow", 0, timeout_seconds=1)

            assert "began" in result.log.splitlines()
            assert "Task timed out after 1.00 seconds" in result.log
            assert not replaced.is_error

    asyncio.run(run())


def test_function_at_its_limit_is_throttled(source, held):
    async def run():
        async with running_host(source, workers_per_function=1, wait_seconds=0.05) as host:
            busy = asyncio.create_task(invoke(host, "on_held", str(held)))
            await asyncio.sleep(0)  # let it take the one worker

            with pytest.raises(Throttled):
                await invoke(host, "on_held", "nothing")
            held.unlink()
            await busy

    asyncio.run(run())


def test_parallel_events_get_a_worker_each_and_one_stays_warm(source):
    async def run():
        async with running_host(source, idle_seconds=0) as host:
            pids = await asyncio.gather(*(invoke(host, "on_slow", 0.2) for _ in range(3)))
            [pool] = host._pools.values()
            pool.retire_idle()

            assert len({pid for pid, _ in pids}) == 3
            assert len(pool._idle) == 1

    asyncio.run(run())


def test_crashed_idle_worker_is_not_used_again(source):
    async def run():
        async with running_host(source) as host:
            before, _ = await invoke(host, "on_event")
            os.kill(before["pid"], 9)
            [pool] = host._pools.values()
            await pool._idle[0]._exited
            after, result = await invoke(host, "on_event")

            assert not result.is_error
            assert after["pid"] != before["pid"]

    asyncio.run(run())


def test_process_environment_has_what_the_function_may_not_override(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://the-shop")
    function = replace(FUNCTION, variables=(("AWS_REGION", "other"), ("TABLE_NAME", "orders")))
    surroundings = Surroundings(tmp_path, "http://127.0.0.1:1")

    environment = process_environment(function, surroundings, runtime_api="127.0.0.1:2")

    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["TABLE_NAME"] == "orders"
    assert "DATABASE_URL" not in environment
