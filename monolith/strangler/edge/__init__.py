"""Lets customers read a retired path from its service: tokens for them, signed by KMS."""

from monolith.strangler.edge.signing import SigningUnavailable
from monolith.strangler.edge.tokens import EdgeToken, NotAtTheEdge, issue

__all__ = ["EdgeToken", "NotAtTheEdge", "SigningUnavailable", "issue"]
