from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from monolith.strangler import mismatches, tasks
from monolith.strangler.comparison import Compared, Outcome, differences
from monolith.strangler.comparison.finished import Comparison, Glance
from monolith.strangler.mismatches import SAMPLES_EACH, SAMPLES_KEPT, SUBJECTS_EACH, sealing
from monolith.strangler.models import Reveal, Sample, Signature, Transition
from tests.factories import NOON
from tests.monolith.strangler.library import Shelf, ShelfQuery
from tests.monolith.strangler.people import WHO

pytestmark = pytest.mark.django_db

SUBJECT = "mrs.miggins@example.com"
MONOLITH = Shelf(as_of=4, books=("The Castle of Otranto", "Vathek"))
SERVICE = Shelf(as_of=4, books=("The Castle of Wolfenbach", "Vathek"))
QUERY = ShelfQuery(4242)
WHY = "customer 12 complains, SHOP-7"


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.STRANGLER_SAMPLE_KEYS = [Fernet.generate_key().decode()]


def a_comparison(outcome=Outcome.WRONG, monolith=MONOLITH, service=SERVICE, **fields):
    judged = Compared(
        outcome=outcome,
        monolith_version=4,
        service_version=4,
        differences=differences(monolith, service),
    )
    return Comparison(
        path="shelf",
        query=QUERY,
        monolith=monolith,
        service=service,
        judged=judged,
        shape="first",
        looks=(Glance(seconds=0, outcome=outcome, monolith_version=4, service_version=4),),
        **{"subject": SUBJECT, **fields},
    )


def keep(*, times=1, **fields):
    for number in range(times):
        kept = mismatches.keep(a_comparison(**fields), at=NOON + timedelta(seconds=number))
    return kept


def test_same_disagreement_is_counted_under_one_signature():
    keep(times=3)

    signature = Signature.objects.get()
    assert (signature.path, signature.outcome, signature.count) == ("shelf", "wrong", 3)
    assert signature.places == ["books[] changed"]
    assert (signature.first_at, signature.last_at) == (NOON, NOON + timedelta(seconds=2))
    assert signature.status == "open"


def test_other_disagreement_has_another_signature():
    keep()
    keep(service=replace(SERVICE, next=1))

    assert Signature.objects.count() == 2


def test_subjects_are_counted_once_each_and_capped():
    for number in range(SUBJECTS_EACH + 5):
        keep(subject=f"customer {number}")
        keep(subject=f"customer {number}")
    keep(subject=None)

    assert len(set(Signature.objects.get().subjects)) == SUBJECTS_EACH


def test_no_value_of_an_answer_or_a_question_is_stored_unless_sealed():
    sample = keep(times=2).samples.first()

    with connection.cursor() as cursor:
        cursor.execute("select * from strangler_signature")
        stored = str(cursor.fetchall())
        columns = [str(field.column) for field in Sample._meta.fields if field.name != "sealed"]
        cursor.execute(f"select {', '.join(columns)} from strangler_sample")
        stored += str(cursor.fetchall())
    for value in ("Castle", "Otranto", "Wolfenbach", "Vathek", SUBJECT, "miggins", "4242"):
        assert value not in stored
        assert value.encode() not in bytes(sample.sealed)
    assert "text of 21" in stored


def test_sealed_values_are_nothing_without_the_key(settings):
    sample = keep().samples.get()
    settings.STRANGLER_SAMPLE_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(sealing.SealBroken):
        mismatches.reveal(sample.pk, by="dana", reason=WHY, at=NOON)
    assert Reveal.objects.count() == 0


def test_sample_sealed_with_an_older_key_opens_while_that_key_is_kept(settings):
    sample = keep().samples.get()
    settings.STRANGLER_SAMPLE_KEYS = [
        Fernet.generate_key().decode(),
        *settings.STRANGLER_SAMPLE_KEYS,
    ]

    assert mismatches.reveal(sample.pk, by="dana", reason=WHY, at=NOON).query["number"] == 4242


def test_without_a_key_values_are_not_kept_at_all(settings):
    settings.STRANGLER_SAMPLE_KEYS = []

    sample = keep().samples.get()

    assert bytes(sample.sealed) == b""
    assert sample.differences[0]["monolith"] == "text of 21"
    with pytest.raises(mismatches.SampleNotSealed):
        mismatches.reveal(sample.pk, by="dana", reason=WHY, at=NOON)


def test_nothing_can_be_sealed_or_opened_without_a_key(settings):
    settings.STRANGLER_SAMPLE_KEYS = []

    with pytest.raises(sealing.NoSamplesKey):
        sealing.seal({})


def test_reveal_shows_everything_and_is_written_down_for_ever():
    sample = keep().samples.get()

    revealed = mismatches.reveal(sample.pk, by="dana", reason=WHY, at=NOON)

    assert revealed.query == {"number": 4242, "page": 0}
    assert revealed.monolith["books"] == list(MONOLITH.books)
    assert revealed.service["books"] == list(SERVICE.books)
    audited = Reveal.objects.get()
    assert (audited.path, audited.sample, audited.by) == ("shelf", sample.pk, "dana")
    assert audited.signature == sample.signature.digest
    assert (audited.reason, audited.at) == (WHY, NOON)
    for change in (audited.delete, lambda: Reveal.objects.update(by="nobody")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("reason", ["", "because", "          x"])
def test_nobody_sees_values_without_saying_why(reason):
    sample = keep().samples.get()

    with pytest.raises(mismatches.ReasonTooShort):
        mismatches.reveal(sample.pk, by="dana", reason=reason, at=NOON)
    assert Reveal.objects.count() == 0


def test_sample_is_not_revealed_once_it_has_expired():
    sample = keep().samples.get()

    with pytest.raises(mismatches.SampleNotFound):
        mismatches.reveal(sample.pk, by="dana", reason=WHY, at=NOON + SAMPLES_KEPT)


def test_newest_samples_are_kept_and_no_more_than_so_many():
    signature = keep(times=SAMPLES_EACH * 2)

    samples = mismatches.list_samples(signature, at=NOON)
    assert len(samples) == SAMPLES_EACH
    assert samples[0].at == NOON + timedelta(seconds=SAMPLES_EACH * 2 - 1)
    assert samples[0].at > samples[-1].at > NOON


def test_flood_of_the_same_is_not_written_down_whole(monkeypatch):
    written = []
    monkeypatch.setattr(mismatches.keeping, "_keep_sample", lambda *_: written.append(1))
    keep(times=200)

    assert len(written) < 100


def test_expired_samples_are_deleted_and_their_signature_stays(monkeypatch):
    keep()
    mismatches.keep(a_comparison(), at=NOON + timedelta(days=3))
    monkeypatch.setattr(timezone, "now", lambda: NOON + SAMPLES_KEPT)

    tasks.forget_old()

    assert Sample.objects.get().at == NOON + timedelta(days=3)
    assert Signature.objects.get().count == 2


def test_expired_sample_is_not_listed():
    signature = keep()

    assert mismatches.list_samples(signature, at=NOON + SAMPLES_KEPT) == []


def test_explained_disagreement_says_by_whom_and_stays_so_when_it_comes_again():
    signature = keep()

    note = "rounding, see SHOP-7"
    mismatches.explain("shelf", signature.digest, replace(WHO, reason=note), owner="dana")
    assert [row.reason for row in Transition.objects.filter(kind="explain")] == [note]
    keep()

    explained = mismatches.get_signature("shelf", signature.digest)
    assert (explained.status, explained.owner, explained.count) == ("explained", "dana", 2)
    assert mismatches.list_signatures("shelf", status="open") == []
    assert mismatches.reopen("shelf", signature.digest).status == "open"


def test_explanation_that_explains_nothing_is_refused():
    signature = keep()

    with pytest.raises(mismatches.ReasonTooShort):
        mismatches.explain("shelf", signature.digest, replace(WHO, reason="fine"), owner="dana")


def test_signatures_are_listed_by_path_and_kind_the_latest_first():
    keep()
    later = mismatches.keep(a_comparison(Outcome.EXTRA), at=NOON + timedelta(hours=1))

    assert [each.outcome for each in mismatches.list_signatures("shelf")] == ["extra", "wrong"]
    assert mismatches.list_signatures("shelf", outcome="extra") == [later]
    assert mismatches.list_signatures("other") == []


def test_unknown_signature_is_not_found():
    with pytest.raises(mismatches.SignatureNotFound):
        mismatches.get_signature("shelf", "0" * 16)


def test_subject_is_hashed_with_the_secret_key(settings):
    before = mismatches.subject_hash(SUBJECT)
    settings.SECRET_KEY = "another"

    assert mismatches.subject_hash(SUBJECT) != before
    assert len(before) == 16


def test_comparison_does_not_show_values_when_it_is_printed():
    printed = repr(a_comparison())

    assert "Otranto" not in printed
    assert SUBJECT not in printed
