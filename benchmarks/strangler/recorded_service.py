"""`python -m benchmarks.strangler.recorded_service PORT TARGET`: asks once, then from memory."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from event_contracts.streams import NOBODY
from infra.local.aws.parent_death import stop_with_parent

_SECONDS = 10
_HEALTH = "/health"
_CHANGING = f"/customers/{NOBODY}/"  # the heart, which beats on

Answer = tuple[int, bytes, str]


class Record:
    """Answers of a service, by what was asked."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._answers: dict[str, Answer] = {_HEALTH: (200, b"{}", "")}

    def answer(self, path: str) -> Answer:
        """Return the answer: the one that the service gave the first time."""
        known = self._answers.get(path) or self._ask(path)
        if known[0] == 200 and _CHANGING not in path:  # noqa: PLR2004
            self._answers[path] = known
        return known

    def _ask(self, path: str) -> Answer:
        url = self._target + path
        signed = AWSRequest(method="GET", url=url, headers={"Accept": "application/json"})
        SigV4Auth(Credentials("test", "test"), "execute-api", "eu-west-1").add_auth(signed)
        request = urllib.request.Request(url, headers=dict(signed.headers))  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as said:  # noqa: S310
                return said.status, said.read(), said.headers.get("x-build", "")
        except urllib.error.HTTPError as error:
            return error.code, error.read(), ""


def main() -> None:
    """Serve until told to stop."""
    stop_with_parent()
    record = Record(sys.argv[2])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, body, build = record.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Build", build)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
