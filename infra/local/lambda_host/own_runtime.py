"""A worker's loop for machines where `awslambdaric` has no wheel: the same contract, less speed.

Run as `python -m infra.local.lambda_host.own_runtime HANDLER`.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RUNTIME = "/2018-06-01/runtime"


@dataclass(frozen=True, slots=True)
class Context:
    """The context object of the Lambda developer guide, as far as Python handlers read it."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version: str = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
    memory_limit_in_mb: str = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    log_group_name: str = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name: str = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline_ms - int(time.time() * 1000))


class RuntimeClient:
    """One keep-alive connection to the Runtime API."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[bytes, Context]:
        """Wait for the next event."""
        self._connection.request("GET", f"{RUNTIME}/invocation/next")
        response = self._connection.getresponse()
        header = response.headers
        context = Context(
            aws_request_id=header["Lambda-Runtime-Aws-Request-Id"],
            invoked_function_arn=header["Lambda-Runtime-Invoked-Function-Arn"],
            deadline_ms=int(header["Lambda-Runtime-Deadline-Ms"]),
        )
        return response.read(), context

    def post(self, path: str, payload: bytes) -> None:
        """Answer; the path is relative to the runtime's."""
        self._connection.request("POST", f"{RUNTIME}/{path}", payload)
        self._connection.getresponse().read()


def describe(error: BaseException, *, request_id: str = "") -> bytes:
    """Return an exception as Lambda's Python runtime words it."""
    trace = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    described = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": trace,
    }
    return json.dumps(described).encode()


def load_handler(name: str) -> Callable[[Any, Context], Any]:
    """Import the handler named `package.module.function`."""
    module, _, function = name.rpartition(".")
    handler: Callable[[Any, Context], Any] = getattr(
        importlib.import_module(module.replace("/", ".")), function
    )
    return handler


def init_failure(name: str, error: BaseException) -> bytes:
    """Return why the handler could not be loaded, with the types Lambda uses for it."""
    described = json.loads(describe(error))
    module, _, function = name.rpartition(".")
    if isinstance(error, ImportError):
        described["errorType"] = "Runtime.ImportModuleError"
        described["errorMessage"] = f"Unable to import module '{module}': {error}"
    elif isinstance(error, AttributeError) and error.name == function:
        described["errorType"] = "Runtime.HandlerNotFound"
        described["errorMessage"] = f"Handler '{function}' missing on module '{module}'"
    return json.dumps(described).encode()


def run(name: str, client: RuntimeClient) -> None:
    """Load the handler, then serve events until the host goes away."""
    try:
        handler = load_handler(name)
    except Exception as error:  # noqa: BLE001 - whatever a module does at import is reported
        traceback.print_exc()
        client.post("init/error", init_failure(name, error))
        sys.exit(1)
    while True:
        serve_one(handler, client)


def serve_one(handler: Callable[[Any, Context], Any], client: RuntimeClient) -> None:
    """Run the handler on one event."""
    event, context = client.next()
    path = f"invocation/{context.aws_request_id}"
    try:
        answer = json.dumps(handler(json.loads(event), context)).encode()
    except Exception as error:  # noqa: BLE001 - any error of a handler is its caller's to see
        print(f"[ERROR] {type(error).__name__}: {error}")
        traceback.print_exc()
        client.post(f"{path}/error", describe(error, request_id=context.aws_request_id))
    else:
        client.post(f"{path}/response", answer)


if __name__ == "__main__":
    try:
        run(sys.argv[1], RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))
    except (http.client.HTTPException, ConnectionError):
        sys.exit(0)  # the host has gone
