"""Replaces ministack's own way of running Lambdas by the Lambda host.

These are ministack's private functions, hence its exact pin; tests/conformance holds them to what
the project relies on. What is replaced, and why: docs/decisions/0004-local-lambda-host.md.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from ministack.core.concurrency import esm_wake
from ministack.core.responses import error_response_json
from ministack.services import lambda_svc

from infra.local.aws.host_link import Busy, HostDown, HostLink

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONFIGURATION_KEYS = (
    "FunctionName", "FunctionArn", "Handler", "ImageConfigResponse", "Timeout", "MemorySize",
    "Version", "Environment",
)  # fmt: skip


class Forwarder:
    """Stands in for `_execute_function_warm`; remembers, per thread, how the last one ended."""

    def __init__(self, link: HostLink) -> None:
        self._link = link
        self._outcome = threading.local()

    def __call__(self, function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        self._outcome.host_down = None
        configuration = function.get("config") or function
        try:
            answer = self._link.invoke(
                configuration={key: configuration.get(key) for key in CONFIGURATION_KEYS},
                event=event,
                request_id=request_id,
                trace_id=lambda_svc._xray_trace_id_for_invocation(configuration),  # noqa: SLF001
            )
        except HostDown as error:
            self._outcome.host_down = error
            return _service_exception(error)
        except Busy as error:
            return _throttled(error)
        return {
            "body": json.loads(answer.payload or b"null"),
            "error": answer.is_error,
            "log": answer.log,
            "log_source": "rie",  # the log has its START, END and REPORT lines
        }

    def take_host_down(self) -> HostDown | None:
        """Return how the host failed this thread's last invocation, once."""
        error: HostDown | None = getattr(self._outcome, "host_down", None)
        self._outcome.host_down = None
        return error


def _service_exception(error: HostDown) -> dict[str, Any]:
    body = {"errorType": "Lambda.ServiceException", "errorMessage": str(error)}
    return {"body": body, "error": True, "host_down": True, "log": ""}


def _throttled(error: Busy) -> dict[str, Any]:
    throttled: dict[str, Any] = lambda_svc._throttle_response(  # noqa: SLF001
        "ReservedFunctionConcurrentInvocationLimitExceeded", f"Rate Exceeded: function {error}"
    )
    return throttled


def install(link: HostLink) -> Forwarder:
    """Have every way of invoking a function go through the host."""
    forwarder = Forwarder(link)
    lambda_svc._execute_function_warm = forwarder  # noqa: SLF001
    # Of a container image, only its command is used: there is no Docker, and no need of one.
    lambda_svc._execute_function_docker = forwarder  # noqa: SLF001
    lambda_svc._invoke = _refusing_without_host(link, lambda_svc._invoke)  # noqa: SLF001
    for name in ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams"):
        setattr(lambda_svc, name, _paused_without_host(link, getattr(lambda_svc, name)))
    return forwarder


def _refusing_without_host(
    link: HostLink, invoke: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    async def invoke_or_refuse(*arguments: Any, **options: Any) -> Any:
        if link.is_up:
            return await invoke(*arguments, **options)
        return error_response_json("ServiceException", "the Lambda host is not running", 500)

    return invoke_or_refuse


def _paused_without_host(link: HostLink, poll: Callable[[], bool]) -> Callable[[], bool]:
    def poll_or_pause() -> bool:
        return link.is_up and poll()

    return poll_or_pause


def wake_mappings() -> None:
    """Have the event source mappings look at their sources now."""
    esm_wake.set()


def host_came_up() -> None:
    """Have the mappings go on at once, whatever they were waiting for."""
    lambda_svc._esm_backoff_until.clear()  # noqa: SLF001
    wake_mappings()
