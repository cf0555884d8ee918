from __future__ import annotations

import random
from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory

from monolith.strangler import registry, routing, shadowing
from monolith.strangler.middleware import ReadPath
from monolith.strangler.routing import AnswerUnavailable
from tests.monolith.strangler.library import ShelfQuery

ALICE, DANA = User(username="alice"), User(username="dana", is_staff=True)


def request_of(user, method="get", **headers):
    request = getattr(RequestFactory(), method)("/", headers=headers)
    request.user = user
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


def test_comparisons_are_offered_only_when_the_response_is_made(at_service, monkeypatch):
    steps = []
    monkeypatch.setattr(shadowing, "offer", lambda _dark: steps.append("compared"))
    monkeypatch.setattr(random, "randrange", lambda _whole: 0)

    def view(_request):
        routing.answer("shelf", ShelfQuery(7))
        steps.append("answered")
        return HttpResponse()

    ReadPath(view)(request_of(ALICE))

    assert steps == ["answered", "compared"]


def test_stranger_is_given_a_signed_name_where_a_read_is_about_nobody(at_service, monkeypatch):
    path = replace(registry.get_path("shelf"), subject_of=lambda _query: None)
    monkeypatch.setitem(registry._declared, "shelf", path)

    first = respond(request_of(AnonymousUser()), ShelfQuery(7))
    second_request = request_of(AnonymousUser())
    second_request.COOKIES["visitor"] = first.cookies["visitor"].value
    second = respond(second_request, ShelfQuery(7))

    assert first.cookies["visitor"]["httponly"]
    assert "visitor" not in second.cookies


def test_forged_name_is_replaced(at_service, monkeypatch):
    path = replace(registry.get_path("shelf"), subject_of=lambda _query: None)
    monkeypatch.setitem(registry._declared, "shelf", path)
    request = request_of(AnonymousUser())
    request.COOKIES["visitor"] = "me:forged"

    assert "visitor" in respond(request, ShelfQuery(7)).cookies


def test_nobody_is_given_a_name_where_the_read_says_whom_it_is_about(at_service):
    assert "visitor" not in respond(request_of(ALICE), ShelfQuery(7)).cookies


def test_path_that_stands_alone_and_fails_is_answered_politely(at_service, standing):
    standing("service-alone")
    at_service.respond = at_service.answer_json({}, 500)
    request = request_of(ALICE)

    response = ReadPath(respond).process_exception(request, AnswerUnavailable("shelf", "timeout"))

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_other_errors_are_not_the_strangers(at_service):
    assert ReadPath(respond).process_exception(request_of(ALICE), KeyError()) is None


@pytest.mark.parametrize(("user", "is_shown"), [(DANA, True), (ALICE, False)])
def test_ribbon_is_for_staff(at_service, user, is_shown):
    request = request_of(user)
    respond(request, ShelfQuery(7))

    ribbon = render_to_string("strangler/ribbon.html", {"request": request})

    assert ("shelf: service (stage), as of version 3" in ribbon) is is_shown
