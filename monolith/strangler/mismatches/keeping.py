"""Keeps disagreements for people to look at: grouped, a few of each whole, their values sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from event_contracts.plain_values import to_plain
from monolith.strangler.comparison.redaction import side_by_side
from monolith.strangler.comparison.signatures import digest_of, places_of
from monolith.strangler.mismatches import sealing
from monolith.strangler.models import Reveal, Sample, Signature
from monolith.strangler.state import audit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from monolith.strangler.comparison.finished import Comparison, Glance
    from monolith.strangler.state.audit import Who

SAMPLES_EACH = 20
SUBJECTS_EACH = 100
SAMPLES_KEPT = timedelta(days=7)
# The first so many places of a sample are enough to see what is the matter.
PLACES_EACH = 50
SHORTEST_REASON = 10
OPEN, EXPLAINED = "open", "explained"
_SALT = "strangler.mismatches.subject"


class SignatureNotFound(Exception):
    """No disagreement of this path has this signature."""

    def __init__(self, path: str, digest: str) -> None:
        super().__init__(f"{path} has no mismatches with the signature {digest}")


class SampleNotFound(Exception):
    """There is no such sample, or not any more."""

    def __init__(self, sample: int) -> None:
        super().__init__(
            f"there is no sample {sample}: samples are kept for {SAMPLES_KEPT.days} days"
        )


class SampleNotSealed(Exception):
    """Its values were not kept: there was no key to seal them with."""


class ReasonTooShort(Exception):
    """Somebody wants to do what has to be accounted for, and hardly says why."""

    def __init__(self) -> None:
        super().__init__(f"say why, in at least {SHORTEST_REASON} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """What was asked and answered, in plain values."""

    query: Any
    monolith: Any
    service: Any


def keep(comparison: Comparison, *, at: datetime) -> Signature:
    """Count a disagreement under its signature; keep the first ones whole, and some later ones."""
    with transaction.atomic():
        signature = _counted(comparison, at)
        if _is_sampled(signature.count):
            _keep_sample(signature, comparison, at)
    return signature


def list_signatures(
    path: str, *, outcome: str | None = None, status: str | None = None
) -> list[Signature]:
    """List the kinds of disagreement of a path, the latest first."""
    found = Signature.objects.filter(path=path).order_by("-last_at", "digest")
    if outcome:
        found = found.filter(outcome=outcome)
    return list(found.filter(status=status) if status else found)


def get_signature(path: str, digest: str) -> Signature:
    """Return a kind of disagreement.

    Raises:
        SignatureNotFound: there is none.
    """
    try:
        return Signature.objects.get(path=path, digest=digest)
    except Signature.DoesNotExist:
        raise SignatureNotFound(path, digest) from None


def list_samples(signature: Signature, *, at: datetime) -> list[Sample]:
    """List the samples that are still kept, the latest first; their values are sealed."""
    return list(signature.samples.filter(expires_at__gt=at).order_by("-at", "-pk"))


@transaction.atomic
def explain(path: str, digest: str, who: Who, *, owner: str) -> Signature:
    """Say by `who.reason` what a kind of disagreement comes from: it blocks no longer.

    `owner` sees to it.

    Raises:
        SignatureNotFound: there is none.
        ReasonTooShort: the reason explains nothing.
    """
    _check_reason(who.reason)
    signature = get_signature(path, digest)
    signature.status, signature.owner, signature.note = EXPLAINED, owner, who.reason
    signature.save(update_fields=["status", "owner", "note"])
    facts = {"signature": digest, "outcome": signature.outcome, "owner": owner}
    audit.note(path, audit.EXPLANATION, who, after=facts)
    return signature


def reopen(path: str, digest: str) -> Signature:
    """Take an explanation back.

    Raises:
        SignatureNotFound: there is none.
    """
    signature = get_signature(path, digest)
    signature.status = OPEN
    signature.save(update_fields=["status"])
    return signature


def forget(path: str) -> None:
    """Forget all disagreements of a path: those of a drill were put there on purpose."""
    Signature.objects.filter(path=path).delete()


def reveal(
    sample_id: int, *, by: str, reason: str, at: datetime, path: str | None = None
) -> Revealed:
    """Show a sample's values to somebody who may see them, and write down that they did.

    With `path`, the sample must be of that path.

    Raises:
        ReasonTooShort: they hardly say why.
        SampleNotFound: it is gone.
        SampleNotSealed: its values were never kept.
        SealBroken: no key opens it.
    """
    _check_reason(reason)
    sample = _sample(sample_id, at)
    if path is not None and sample.signature.path != path:
        raise SampleNotFound(sample_id)
    plain = _opened(sample)
    Reveal.objects.create(
        path=sample.signature.path,
        signature=sample.signature.digest,
        sample=sample.pk,
        by=by,
        reason=reason,
        at=at,
    )
    return Revealed(**plain)


def question_of(sample: Sample) -> Any:
    """Return, for asking it once more, the question of a sample in plain values: for no eye.

    Raises:
        SampleNotSealed: it was never kept.
        SealBroken: no key opens it.
    """
    return _opened(sample)["query"]


def purge(*, at: datetime) -> int:
    """Delete the samples that have expired; return how many. Idempotent."""
    return Sample.objects.filter(expires_at__lte=at).delete()[0]


def subject_hash(subject: str) -> str:
    """Return what stands for a subject where nobody has to know who it is."""
    return salted_hmac(_SALT, subject, algorithm="sha256").hexdigest()[:16]


def _counted(comparison: Comparison, at: datetime) -> Signature:
    judged = comparison.judged
    signature, is_new = Signature.objects.select_for_update().get_or_create(
        path=comparison.path,
        digest=digest_of(judged.outcome, judged.differences),
        defaults={
            "outcome": judged.outcome.value,
            "places": places_of(judged.differences),
            "count": 1,
            "subjects": _with_subject([], comparison.subject),
            "first_at": at,
            "last_at": at,
        },
    )
    if not is_new:
        signature.count += 1
        signature.last_at = max(signature.last_at, at)
        signature.subjects = _with_subject(signature.subjects, comparison.subject)
        signature.save(update_fields=["count", "last_at", "subjects"])
    return signature


def _with_subject(subjects: list[str], subject: str | None) -> list[str]:
    if subject is None or len(subjects) >= SUBJECTS_EACH:
        return subjects
    return list(dict.fromkeys([*subjects, subject_hash(subject)]))


def _is_sampled(count: int) -> bool:
    """Keep the first ones all, and the fewer the more there are: a flood is not written down."""
    return count % max(1, count // SAMPLES_EACH) == 0


def _keep_sample(signature: Signature, comparison: Comparison, at: datetime) -> None:
    monolith, service = to_plain(comparison.monolith), to_plain(comparison.service)
    query = to_plain(comparison.query)
    judged = comparison.judged
    differences = judged.differences[:PLACES_EACH]
    Sample.objects.create(
        signature=signature,
        at=at,
        expires_at=at + SAMPLES_KEPT,
        monolith_version=judged.monolith_version,
        service_version=judged.service_version,
        differences=side_by_side(differences, monolith=monolith, service=service),
        query=comparison.shape,
        looks=_written(comparison.looks),
        sealed=_sealed({"query": query, "monolith": monolith, "service": service}),
    )
    kept = signature.samples.order_by("-at", "-pk").values_list("pk", flat=True)[:SAMPLES_EACH]
    signature.samples.exclude(pk__in=list(kept)).delete()


def _sealed(plain: dict[str, Any]) -> bytes:
    return sealing.seal(plain) if sealing.can_seal() else b""


def _written(looks: Iterable[Glance]) -> list[dict[str, Any]]:
    return [
        {
            "seconds": round(look.seconds, 3),
            "outcome": look.outcome.value,
            "monolith_version": look.monolith_version,
            "service_version": look.service_version,
        }
        for look in looks
    ]


def _sample(sample_id: int, at: datetime) -> Sample:
    samples = Sample.objects.select_related("signature").filter(expires_at__gt=at)
    try:
        return samples.get(pk=sample_id)
    except Sample.DoesNotExist:
        raise SampleNotFound(sample_id) from None


def _opened(sample: Sample) -> dict[str, Any]:
    sealed = bytes(sample.sealed)
    if not sealed:
        raise SampleNotSealed(f"the values of sample {sample.pk} were not kept: no key was set")
    plain: dict[str, Any] = sealing.unseal(sealed)
    return plain


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort
