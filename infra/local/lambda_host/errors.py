"""The payloads Lambda answers with when a function did not: same keys, same words."""

from __future__ import annotations

import json


def _payload(*, error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def timed_out(*, request_id: str, timeout_seconds: float) -> bytes:
    """Return the payload of an invocation that outlived its function's timeout."""
    message = f"RequestId: {request_id} Error: {timed_out_line(timeout_seconds)}"
    return _payload(error_type="Sandbox.Timedout", message=message)


def timed_out_line(timeout_seconds: float) -> str:
    """Return the words that also stand in the log."""
    return f"Task timed out after {timeout_seconds:.2f} seconds"


def process_exited(*, request_id: str, return_code: int) -> bytes:
    """Return the payload of an invocation whose process ended before answering."""
    reason = f"exit status {return_code}" if return_code >= 0 else f"signal: {-return_code}"
    message = f"RequestId: {request_id} Error: Runtime exited with error: {reason}"
    return _payload(error_type="Runtime.ExitError", message=message)


def init_timed_out(*, request_id: str, limit_seconds: float) -> bytes:
    """Return the payload of an invocation whose process never asked for work."""
    message = f"RequestId: {request_id} Error: Init timed out after {limit_seconds:.2f} seconds"
    return _payload(error_type="Sandbox.Timedout", message=message)


def response_too_large(*, size: int, limit: int) -> bytes:
    """Return the payload for an answer over Lambda's limit, sizes in bytes."""
    message = f"Response payload size ({size} bytes) exceeded maximum allowed ({limit} bytes)."
    return _payload(error_type="Function.ResponseSizeTooLarge", message=message)
