from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory

from monolith.strangler import routing
from monolith.strangler.middleware import ReadPath
from tests.monolith.strangler.library import ShelfQuery

ALICE, DANA = User(username="alice"), User(username="dana", is_staff=True)


def request_of(user, method="get", **headers):
    request = getattr(RequestFactory(), method)("/", headers=headers)
    request.user, request.session = user, SessionStore()
    if user.username:
        request.session["user"] = user.username
    return request


def respond(request, *queries):
    def view(_request):
        for query in queries:
            routing.answer("shelf", query)
        return HttpResponse()

    return ReadPath(view)(request)


def test_customer_is_told_who_answered_and_why(at_service):
    response = respond(request_of(ALICE), ShelfQuery(7))

    assert response["X-Read-Path"] == "shelf=service; reason=stage"


def test_staff_are_told_the_details(at_service):
    response = respond(request_of(DANA), ShelfQuery(7))

    assert response["X-Read-Path"].startswith("shelf=service; reason=stage; as_of=3; ms=")


def test_every_read_of_a_request_is_told(at_service, settings):
    response = respond(request_of(ALICE), ShelfQuery(7), ShelfQuery(7))

    assert response["X-Read-Path"] == ", ".join(["shelf=service; reason=stage"] * 2)


def test_request_without_moving_reads_says_nothing():
    assert not respond(request_of(ALICE)).has_header("X-Read-Path")


def test_reads_of_one_request_are_not_told_to_the_next(at_service):
    respond(request_of(ALICE), ShelfQuery(7))

    assert not respond(request_of(ALICE)).has_header("X-Read-Path")


@pytest.mark.parametrize(
    ("method", "must_show_latest"),
    [("get", False), ("head", False), ("post", True), ("patch", True), ("delete", True)],
)
def test_session_is_held_to_the_latest_version_after_a_write(method, must_show_latest):
    request = request_of(ALICE, method)

    respond(request)

    assert request.read_path.must_show_latest() is must_show_latest


def test_strangers_get_no_session_for_writing():
    request = request_of(AnonymousUser(), "post")

    respond(request)

    assert request.session.is_empty()


def test_request_with_a_token_has_no_session_to_remember_by():
    request = request_of(AnonymousUser(), authorization="Token abc")

    respond(request)

    assert request.read_path.must_show_latest()


@pytest.mark.parametrize(("user", "is_shown"), [(DANA, True), (ALICE, False)])
def test_ribbon_is_for_staff(at_service, user, is_shown):
    request = request_of(user)
    respond(request, ShelfQuery(7))

    ribbon = render_to_string("strangler/ribbon.html", {"request": request})

    assert ("shelf: service (stage), as of version 3" in ribbon) is is_shown
