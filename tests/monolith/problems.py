"""Reading problem details in tests."""

from __future__ import annotations


def problem_of(response) -> tuple[int, str]:
    """Return the status and the last part of the type, of an answer in full RFC 9457 form."""
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["detail"]
    return response.status_code, problem["type"].removeprefix("/problems/")


def invalid_fields(response) -> set[str]:
    """Return the fields that an answer finds unacceptable."""
    assert problem_of(response) == (400, "invalid-input")
    return {error["field"] for error in response.json()["errors"]}
