from __future__ import annotations

import pytest
from django.template import Context, Template

from monolith.config.template_filters import pounds


@pytest.mark.parametrize(
    ("pence", "written"),
    [
        (0, "£0.00"),
        (5, "£0.05"),
        (255, "£2.55"),
        (123_456, "£1,234.56"),
        (-50, "\N{MINUS SIGN}£0.50"),
        (-123_400, "\N{MINUS SIGN}£1,234.00"),
    ],
)
def test_pence_are_written_as_pounds(pence, written):
    assert pounds(pence) == written


def test_page_without_a_request_has_an_empty_basket():
    assert Template("{% basket_size %}").render(Context()) == "0"
