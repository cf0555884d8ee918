"""Hands out tokens with which one customer reads one retired path from its service, without us.

Only `retired` will do: at any lower stage the monolith decides who answers, read by read, and could
not take back a promise that the service does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from event_contracts.edge_tokens import EdgeClaims, to_be_signed, with_signature
from monolith.strangler import registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.edge.signing import KmsSigner
from monolith.strangler.models import PathState

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.edge.signing import Signer


class NotAtTheEdge(Exception):
    """Clients cannot read this path from its service; `read_at` is where they can."""

    def __init__(self, path: str, reason: str, read_at: str) -> None:
        super().__init__(f"{path} {reason}: read it at {read_at or 'the shop'}")
        self.path, self.read_at = path, read_at


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeToken:
    """A token, the address to send it to as `Authorization: Bearer`, and when it is over."""

    token: str = field(repr=False)
    address: str
    expires_at: datetime


def issue(path_name: str, *, subject: str, at: datetime, signer: Signer | None = None) -> EdgeToken:
    """Let a subject (a customer's id as text) read a path for STRANGLER_EDGE_TOKEN_SECONDS.

    Raises:
        PathNotDeclared: there is no such path.
        NotAtTheEdge: the path is not retired, or no edge route is deployed for it.
        SigningUnavailable: the token could not be signed.
    """
    address = _address_of(path_name)
    expires_at = at + timedelta(seconds=settings.STRANGLER_EDGE_TOKEN_SECONDS)
    claims = EdgeClaims(
        aud=path_name, sub=subject, iat=int(at.timestamp()), exp=int(expires_at.timestamp())
    )
    signer = signer or KmsSigner(settings.STRANGLER_EDGE_KEY)
    signed = to_be_signed(claims, key_id=signer.key_id)
    return EdgeToken(
        token=with_signature(signed, signer.sign(signed.encode())),
        address=address,
        expires_at=expires_at.replace(microsecond=0),
    )


def _address_of(path_name: str) -> str:
    path = registry.get_path(path_name)
    stage = _stage_of(path_name)
    if stage is not Stage.RETIRED:
        raise NotAtTheEdge(path.name, f"stands at {stage.label}, not at retired", path.read_at)
    address = settings.STRANGLER_EDGE_URLS.get(path.name)
    if not address or not settings.STRANGLER_EDGE_KEY:
        raise NotAtTheEdge(path.name, "has no edge route that is deployed", path.read_at)
    return str(address)


def _stage_of(path_name: str) -> Stage:
    # Not out of a cache: who was rolled back a second ago hands out no more tokens.
    stage = PathState.objects.filter(path=path_name).values_list("stage", flat=True).first()
    return Stage(stage) if stage in set(Stage) else Stage.MONOLITH
