"""Letters on their way: by SMTP to a server on loopback, or into the log."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from event_contracts.customers import Contact
from extracted_services.order_confirmation import sending
from extracted_services.order_confirmation.letters import write_letter
from extracted_services.order_confirmation.sending import (
    AddressRefused,
    NotSent,
    UnknownWayToSend,
    sender_for,
)
from infra.local.ports import free_port
from tests.extracted_services.order_confirmation.facts import CONTACT, to_confirm

AT = datetime(2026, 1, 2, 9, tzinfo=UTC)
LETTER = write_letter(to_confirm(), to=CONTACT)


@pytest.fixture
def sender_to(log):
    return lambda url: sender_for(url, sender="orders@banyan.example", logger=log.logger)


def test_mail_server_gets_the_letter(mail, sender_to):
    sender_to(mail.url).send(LETTER, at=AT)

    (received,) = mail.letters
    assert received.recipient == "anna@example.com"
    assert received.message["To"] == "Anna Archer <anna@example.com>"
    assert received.message["From"] == "Banyan <orders@banyan.example>"
    assert received.message["Subject"] == "Your order B100001"
    assert received.message["Date"].datetime == AT
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert received.message.get_content() == LETTER.body


def test_letter_that_is_sent_twice_has_one_id(mail, sender_to):
    for _ in range(2):
        sender_to(mail.url).send(LETTER, at=AT)

    ids = [received.message["Message-ID"] for received in mail.letters]
    assert ids == ["<B100001.confirmation@banyan.example>"] * 2


def test_name_cannot_add_a_header(mail, sender_to):
    evil = Contact(name="Anna\r\nBcc: all@example.com", email="anna@example.com")

    sender_to(mail.url).send(replace(LETTER, to=evil), at=AT)

    (received,) = mail.letters
    assert received.message["Bcc"] is None
    assert received.recipient == "anna@example.com"


def test_name_in_any_script_arrives(mail, sender_to):
    zoe = Contact(name="Zoë “Łucja” 北", email="zoe@example.com")

    sender_to(mail.url).send(replace(LETTER, to=zoe), at=AT)

    assert mail.letters[0].message["To"].addresses[0].display_name == zoe.name


@pytest.mark.parametrize("email", ["", "anna", "anna@", "anna@example.com\nBcc: x@example.com"])
def test_address_that_is_none_is_refused_and_not_repeated(mail, sender_to, email):
    with pytest.raises(AddressRefused) as refusal:
        sender_to(mail.url).send(replace(LETTER, to=Contact(name="A", email=email)), at=AT)

    assert str(refusal.value) == "it is none"
    assert mail.letters == []


def test_address_that_the_server_refuses_for_good_is_told_from_one_it_defers(mail, sender_to):
    mail.replies["RCPT"] = "550 5.1.1 no such user anna@example.com"
    with pytest.raises(AddressRefused) as refused:
        sender_to(mail.url).send(LETTER, at=AT)

    mail.replies["RCPT"] = "450 4.2.1 try again anna@example.com"
    with pytest.raises(NotSent) as deferred:
        sender_to(mail.url).send(LETTER, at=AT)

    assert "anna" not in f"{refused.value} {deferred.value}"


@pytest.mark.parametrize("command", ["MAIL", "DATA", "."])
def test_letter_that_the_server_does_not_take_is_not_sent(mail, sender_to, command):
    mail.replies[command] = "554 not today"

    with pytest.raises(NotSent):
        sender_to(mail.url).send(LETTER, at=AT)


def test_bad_good_bye_after_the_letter_was_taken_makes_it_no_failure(mail, sender_to):
    mail.replies["QUIT"] = "421 go away"

    sender_to(mail.url).send(LETTER, at=AT)

    assert len(mail.letters) == 1


def test_server_that_is_not_there_is_tried_once_per_batch(sender_to):
    sender = sender_to(f"smtp://127.0.0.1:{free_port()}")

    with pytest.raises(NotSent, match=r"^ConnectionRefusedError$"):
        sender.send(LETTER, at=AT)
    with pytest.raises(NotSent, match=r"^not tried after: ConnectionRefusedError$"):
        sender.send(LETTER, at=AT)


@pytest.mark.parametrize("url", ["", "smtp://", "http://mail.example", "mail.example:25"])
def test_what_letters_cannot_be_sent_by_is_refused_with_the_forms_there_are(sender_to, url):
    with pytest.raises(UnknownWayToSend, match="SMTP_URL: expected smtp, smtp"):
        sender_to(url)


def test_console_shows_the_letter_where_aws_is_local(aws_environment, sender_to, log):
    sender_to(sending.CONSOLE).send(LETTER, at=AT)

    (line,) = log.read()
    assert line["to"] == "Anna Archer <anna@example.com>"
    assert (line["subject"], line["body"]) == (LETTER.subject, LETTER.body)


def test_console_is_refused_where_logs_are_read_by_others(monkeypatch, sender_to, log):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    with pytest.raises(UnknownWayToSend, match="local AWS only"):
        sender_to(sending.CONSOLE)

    assert json.dumps(log.read()) == "[]"
