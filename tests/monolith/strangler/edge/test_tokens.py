"""Tokens for retired paths, and for no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from event_contracts.edge_tokens import take_apart
from monolith.strangler import edge
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.edge.signing import SigningUnavailable
from monolith.strangler.models import PathState
from monolith.strangler.registry import PathNotDeclared
from tests.monolith.strangler.signers import AbsentSigner, ReadableSigner

pytestmark = pytest.mark.django_db
NOON = datetime(2025, 3, 1, 12, 0, 0, 750_000, tzinfo=UTC)
ADDRESS = "https://edge.example/edge/shelf"


@pytest.fixture(autouse=True)
def _deployed(settings):
    settings.STRANGLER_EDGE_URLS = {"shelf": ADDRESS}
    settings.STRANGLER_EDGE_KEY = "key-1"


@pytest.fixture
def stand_at(library):
    def put(stage):
        PathState.objects.update_or_create(
            path="shelf", defaults={"stage": stage, "changed_at": NOON}
        )

    return put


def issue(path="shelf", *, signer=None):
    return edge.issue(path, subject="17850", at=NOON, signer=signer or ReadableSigner())


def test_a_token_is_for_one_subject_one_path_and_a_few_minutes(stand_at, settings):
    stand_at(Stage.RETIRED)
    settings.STRANGLER_EDGE_TOKEN_SECONDS = 120

    issued = issue()

    token = take_apart(issued.token)
    whole = NOON.replace(microsecond=0)
    assert (token.claims.aud, token.claims.sub) == ("shelf", "17850")
    assert token.claims.iat == whole.timestamp()
    assert token.claims.exp == (whole + timedelta(seconds=120)).timestamp()
    assert issued.expires_at == whole + timedelta(seconds=120)
    assert issued.address == ADDRESS


def test_a_token_is_signed_as_a_whole_and_names_its_key(stand_at):
    stand_at(Stage.RETIRED)

    token = take_apart(issue().token)

    assert token.signature == b"signed:" + token.signed
    assert token.header.kid == "key-1"


def test_a_token_is_not_shown_by_accident(stand_at):
    stand_at(Stage.RETIRED)

    issued = issue()

    assert issued.token not in repr(issued)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.RETIRED])
def test_below_retired_nobody_gets_a_token(stand_at, stage):
    stand_at(stage)

    with pytest.raises(edge.NotAtTheEdge, match=f"stands at {stage.label}"):
        issue()


def test_a_path_that_never_moved_has_no_tokens(library):
    with pytest.raises(edge.NotAtTheEdge, match="stands at monolith"):
        issue()


@pytest.mark.parametrize(
    "missing", [{"STRANGLER_EDGE_URLS": {}}, {"STRANGLER_EDGE_KEY": ""}], ids=str
)
def test_without_a_deployed_route_or_key_nobody_gets_a_token(stand_at, settings, missing):
    stand_at(Stage.RETIRED)
    for name, value in missing.items():
        setattr(settings, name, value)

    with pytest.raises(edge.NotAtTheEdge, match="no edge route"):
        issue()


def test_an_unknown_path_is_said_to_be_unknown(library):
    with pytest.raises(PathNotDeclared):
        issue("attic")


def test_what_cannot_be_signed_is_not_handed_out(stand_at):
    stand_at(Stage.RETIRED)

    with pytest.raises(SigningUnavailable):
        issue(signer=AbsentSigner())
