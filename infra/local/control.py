"""Pull the plug: `python -m infra.local.control stop lambda-host`, later `start` it again."""

from __future__ import annotations

import argparse
import json
import os
import socket
import socketserver
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.supervisor import VERBS, Request

if TYPE_CHECKING:
    import queue

_ANSWER_SECONDS = 120


class NothingRuns(Exception):
    """No shop runs from this state directory."""


def serve(requests: queue.Queue[Request]) -> int:
    """Accept requests on a free loopback port while the process lives; return the port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            verb, _, name = self.rfile.readline().decode().strip().partition(" ")
            answered = threading.Event()
            answer: list[str] = []

            def reply(text: str) -> None:
                answer.append(text)
                answered.set()

            requests.put(Request(verb, name, reply))
            answered.wait(_ANSWER_SECONDS)
            self.wfile.write((answer[0] if answer else "failed: no answer").encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def ask(state_dir: Path, verb: str, name: str) -> str:
    """Send one request to the running shop and return its answer.

    Raises:
        NothingRuns: there is no running shop.
    """
    try:
        port = json.loads((state_dir / "run.json").read_text())["control_port"]
        connection = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
    except KeyError:
        raise NothingRuns(f"the shop in {state_dir} is only just starting") from None
    except (FileNotFoundError, ConnectionError):
        raise NothingRuns(f"no shop runs from {state_dir}: start one with make up") from None
    with connection, connection.makefile("rw") as stream:
        stream.write(f"{verb} {name}\n")
        stream.flush()
        return stream.read() or "failed: the shop ended before it answered"


def main() -> None:
    """Read the arguments, ask, print the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("name", help="a process as its log prefix names it")
    arguments = parser.parse_args()
    state_dir = Path(os.environ.get("BANYAN_STATE_DIR", ".banyan"))
    try:
        answer = ask(state_dir, arguments.verb, arguments.name)
    except NothingRuns as error:
        raise SystemExit(str(error)) from None
    print(answer)
    raise SystemExit(answer.startswith("failed"))


if __name__ == "__main__":
    main()
