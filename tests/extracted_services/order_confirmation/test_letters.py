"""The letter, as text."""

from __future__ import annotations

from dataclasses import replace

from extracted_services.order_confirmation.letters import MOST_LINES, write_letter
from tests.extracted_services.order_confirmation.facts import CONTACT, HEART, JAR, to_confirm


def test_letter_says_who_ordered_what_and_what_it_costs():
    letter = write_letter(to_confirm(lines=(HEART, JAR)), to=CONTACT)

    assert (letter.order_number, letter.to) == ("B100001", CONTACT)
    assert letter.subject == "Your order B100001"
    assert letter.body == (
        "Dear Anna Archer,\n"
        "\n"
        "thank you for your order B100001 of 01 August 2011.\n"
        "\n"
        "6 x WHITE HANGING HEART at £2.55: £15.30\n"
        "2 x JAM JAR at £340.00: £680.00\n"
        "\n"
        "Total: £695.30\n"
        "\n"
        "Banyan\n"
    )


def test_pence_below_ten_keep_their_nought():
    penny = replace(HEART, quantity=1, unit_price_pence=105)

    assert "1 x WHITE HANGING HEART at £1.05: £1.05" in _body(penny)


def test_huge_order_is_cut_short_and_its_total_is_not():
    body = _body(*[HEART] * (MOST_LINES + 3))

    assert body.count("WHITE HANGING HEART") == MOST_LINES
    assert "and 3 more items" in body
    assert f"Total: £{53 * 15.30:,.2f}" in body


def _body(*lines):
    return write_letter(to_confirm(lines=lines), to=CONTACT).body
