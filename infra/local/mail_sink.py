"""Takes letters by SMTP on loopback and keeps them: for whoever wants to see what was sent."""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Received:
    """A letter, as it came; `at` is by the clock of `time.time`."""

    recipient: str
    message: EmailMessage
    at: float

    @property
    def order_number(self) -> str:
        """The order that it is about, out of its Message-ID."""
        return str(self.message["Message-ID"]).lstrip("<").partition(".")[0]


@dataclass
class MailSink:
    """What came, and what to answer: replies by the command that they are given to instead.

    `{"RCPT": "550 no such user"}` refuses every receiver.
    """

    port: int = 0
    letters: list[Received] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The SMTP_URL that leads here."""
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """Take letters on a free port while the block lasts."""
    sink = MailSink()
    handler: Any = type("Handler", (_Conversation,), {"sink": sink})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()


class _Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as smtplib needs."""

    sink: MailSink

    def handle(self) -> None:
        self._recipient = ""
        self._say("220 mail sink")
        for line in self.rfile:
            command = line.decode("ascii", "replace").strip()
            verb = command[:4].upper()
            if verb in self.sink.replies:
                self._say(self.sink.replies[verb])
            elif verb == "DATA":
                self._take_letter()
            else:
                self._note(verb, command)
                self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _note(self, verb: str, command: str) -> None:
        if verb == "RCPT":
            self._recipient = command.partition("<")[2].partition(">")[0]

    def _take_letter(self) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            # A leading dot was doubled on the way.
            lines.append(line.rstrip(b"\r\n").removeprefix(b"."))
        message = message_from_bytes(b"\n".join(lines) + b"\n", policy=policy.default)
        self.sink.letters.append(Received(self._recipient, message, time.time()))
        self._say(self.sink.replies.get(".", "250 taken"))

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
