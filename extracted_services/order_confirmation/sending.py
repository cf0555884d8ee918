"""How a letter leaves: by SMTP, or, on one machine only, as a line of the log."""

from __future__ import annotations

import os
import smtplib
from contextlib import closing, suppress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools.logging import Logger

    from extracted_services.order_confirmation.letters import Letter

CONSOLE = "console:"
TIMEOUT_SECONDS = 5
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FORMS = f"{', '.join(_PORTS)}://user:password@host:port, or {CONSOLE}"
# Codes from here on mean "never"; below, "not now" (RFC 5321, section 4.2.1).
_FOR_GOOD = 500


class NotSent(Exception):
    """The mail server did not take the letter, and may later. The message names no person."""


class AddressRefused(Exception):
    """No letter will ever reach this address: it is none, or the mail server says so."""


class UnknownWayToSend(Exception):
    """SMTP_URL says nothing that letters could be sent by."""


class Sender(Protocol):
    """What letters are given to."""

    def send(self, letter: Letter, *, at: datetime) -> None:
        """Send a letter; `at` is its date.

        Raises:
            AddressRefused: never, to this address.
            NotSent: not now.
        """


class ConsoleSender:
    """Writes letters into the log, names and all: for one machine, where the log is the reader's.

    The one exception to the rule that logs hold no personal data, and so only where AWS is local.
    """

    def __init__(self, logger: Logger) -> None:
        """Write to this log."""
        self._logger = logger

    def send(self, letter: Letter, *, at: datetime) -> None:
        """See `Sender`."""
        self._logger.info(
            "letter",
            extra={
                "to": f"{letter.to.name} <{letter.to.email}>",
                "subject": letter.subject,
                "body": letter.body,
                "dated": at.isoformat(),
            },
        )


class SmtpSender:
    """Gives letters to a mail server, each over a connection of its own.

    After a failure nothing more is tried: make one per batch, and the rest of it is not kept
    waiting for a server that does not answer.
    """

    def __init__(self, server: SplitResult, *, sender: str) -> None:
        """Use the server of an SMTP_URL; `sender` is the address that letters come from."""
        self._server = server
        self._sender = sender
        self._failure = ""

    def send(self, letter: Letter, *, at: datetime) -> None:
        """See `Sender`."""
        if self._failure:
            raise NotSent(f"not tried after: {self._failure}")
        message = _message(letter, sender=self._sender, at=at)
        try:
            with closing(self._connection()) as smtp:
                smtp.send_message(message, self._sender, [letter.to.email])
                # It is taken: a bad good-bye does not undo that.
                with suppress(smtplib.SMTPException, OSError):
                    smtp.quit()
        except (smtplib.SMTPException, OSError) as error:
            if _is_for_good(error):
                raise AddressRefused("by the mail server") from None
            # What a server answers may repeat the address: the kind of failure has to do.
            self._failure = type(error).__name__
            raise NotSent(self._failure) from None

    def _connection(self) -> smtplib.SMTP:
        server, scheme = self._server, self._server.scheme
        kind = smtplib.SMTP_SSL if scheme == "smtps" else smtplib.SMTP
        smtp = kind(server.hostname or "", server.port or _PORTS[scheme], timeout=TIMEOUT_SECONDS)
        try:
            if scheme == "smtp+starttls":
                smtp.starttls()
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
        except BaseException:
            smtp.close()
            raise
        return smtp


def sender_for(url: str, *, sender: str, logger: Logger) -> Sender:
    """Return what an SMTP_URL asks for; `sender` is the address that letters come from.

    Raises:
        UnknownWayToSend: it is no such address, or the console of a machine that is not ours.
    """
    if url == CONSOLE:
        # Who reads the logs of a real account is not who may read letters.
        if not os.environ.get("AWS_ENDPOINT_URL"):
            raise UnknownWayToSend(f"SMTP_URL={CONSOLE} is for local AWS only")
        return ConsoleSender(logger)
    server = urlsplit(url)
    if server.scheme not in _PORTS or not server.hostname:
        raise UnknownWayToSend(f"SMTP_URL: expected {_FORMS}")
    return SmtpSender(server, sender=sender)


def _message(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    try:
        to = Address(_one_line(letter.to.name), addr_spec=letter.to.email)
    except (ValueError, IndexError, HeaderParseError):
        # Its text has the address in it.
        raise AddressRefused("it is none") from None
    message = EmailMessage()
    message["From"] = Address("Banyan", addr_spec=sender)
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    # The same however often the letter is sent, so that a mail program shows it once.
    message["Message-ID"] = f"<{letter.order_number}.confirmation@{sender.partition('@')[2]}>"
    # Nobody's holiday notice is wanted back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_for_good(error: Exception) -> bool:
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= _FOR_GOOD for code, _ in error.recipients.values())
