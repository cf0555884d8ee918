"""What the OpenAPI document says beyond the views: how each of them refuses."""

from __future__ import annotations

from typing import Any

from monolith.config.problems import CONTENT_TYPE, STATUS_OF, title_of, type_of

_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details. Some types carry more, such as `stock_code`.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": True,
}
_INVALID_INPUT = {
    "description": "The type is `/problems/invalid-input`; malformed JSON has no `errors`.",
    "allOf": [{"$ref": "#/components/schemas/Problem"}],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "such as lines.0.quantity"},
                    "detail": _TEXT,
                },
                "required": ["field", "detail"],
            },
        }
    },
}
_SAID = {
    "400": "The request is malformed, or fields of it are not acceptable",
    "401": "The token or the session is missing, unknown or has ended",
    "403": "The caller may not do this",
    "404": "There is no such thing, or it is somebody else's",
    "409": "The present state of things forbids it",
    "422": "The request is well formed, and makes no sense",
    "429": "Too many requests; Retry-After says how many seconds to wait",
    "500": "Something went wrong here",
}
_WRITES = {"post", "put", "patch", "delete"}


def add_problems(result: dict[str, Any], **_unused: Any) -> dict[str, Any]:
    """Document on every operation the ways in which it may refuse. A hook of drf-spectacular."""
    result["info"]["description"] = _description()
    result["components"]["schemas"] |= {"Problem": _PROBLEM, "InvalidInput": _INVALID_INPUT}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"].setdefault(status, _response(status))
    return result


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    takes_input = "requestBody" in operation or any(
        parameter["in"] != "path" for parameter in operation.get("parameters", [])
    )
    may_occur = {
        "400": takes_input,
        "401": True,  # an unknown token is refused everywhere
        "403": {} not in operation.get("security", []),
        "404": "{" in path or "requestBody" in operation,
        "409": method in _WRITES,
        "422": method in _WRITES,
        "429": True,
        "500": True,
    }
    return [status for status, occurs in may_occur.items() if occurs]


def _response(status: str) -> dict[str, Any]:
    name = "InvalidInput" if status == "400" else "Problem"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": _SAID[status], "content": {CONTENT_TYPE: {"schema": schema}}}


def _description() -> str:
    types = sorted((type_of(title_of(error)), int(status)) for error, status in STATUS_OF.items())
    return "\n".join(
        [
            "The shop for programs: what the pages do, under the same rules. Money is in pence.",
            "",
            "Sign in with `Authorization: Token ...` (see `/tokens/`) or the session of the web",
            "pages. A caller who sends a token always sees their own writes.",
            "",
            "Every refusal is RFC 9457 problem details. The types of the domain:",
            "",
            *(f"- `{problem_type}` ({status})" for problem_type, status in types),
        ]
    )
