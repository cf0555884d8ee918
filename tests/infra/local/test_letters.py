"""What the order-confirmation stack is told on one machine."""

from __future__ import annotations

import pytest

from infra.local import letters


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    monkeypatch.delenv("CONFIRMATION", raising=False)
    monkeypatch.delenv("SMTP_URL", raising=False)


def test_letters_go_to_the_console_by_the_fat_style_where_nobody_says_otherwise():
    told = letters.parameters()

    assert (told["Sends"], told["SmtpUrl"]) == ("fat", "console:")


def test_style_and_mail_server_are_chosen_by_variables(monkeypatch):
    monkeypatch.setenv("CONFIRMATION", "thin")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1025")

    told = letters.parameters()

    assert (told["Sends"], told["SmtpUrl"]) == ("thin", "smtp://127.0.0.1:1025")


def test_style_that_there_is_not_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("CONFIRMATION", "both")

    with pytest.raises(letters.UnknownStyle, match="CONFIRMATION='both': expected fat or thin"):
        letters.parameters()
