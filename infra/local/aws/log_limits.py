"""Keeps CloudWatch's memory of a long-running day small: it is all in memory, and checkpointed."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch_logs, lambda_svc

if TYPE_CHECKING:
    from collections.abc import Callable

INVOCATIONS_KEPT = 200  # ministack writes a log stream for each


def install() -> None:
    """Forget the oldest invocations' logs."""
    lambda_svc._emit_lambda_logs = _limited(lambda_svc._emit_lambda_logs)  # noqa: SLF001


def _limited(emit: Callable[..., None]) -> Callable[..., None]:
    @wraps(emit)
    def emit_and_forget(function: dict[str, Any], *arguments: Any, **options: Any) -> None:
        emit(function, *arguments, **options)
        configuration = function.get("config") or function
        forget_oldest(f"/aws/lambda/{configuration.get('FunctionName')}")

    return emit_and_forget


def forget_oldest(group_name: str) -> None:
    """Keep the newest streams of a log group."""
    group = cloudwatch_logs._log_groups.get(group_name) or {"streams": {}}  # noqa: SLF001
    streams = group["streams"]
    for name in list(streams)[: max(0, len(streams) - INVOCATIONS_KEPT)]:
        streams.pop(name, None)
