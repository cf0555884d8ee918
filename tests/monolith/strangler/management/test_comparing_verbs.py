from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass

import pytest
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from monolith.strangler import mismatches, registry
from monolith.strangler.comparison import Compared, Outcome, differences
from monolith.strangler.comparison.finished import Comparison
from monolith.strangler.counting import tallies
from monolith.strangler.management.verbs import mismatches as mismatches_verb
from monolith.strangler.management.verbs import replay as replay_verb
from monolith.strangler.management.verbs import rules as rules_verb
from monolith.strangler.mismatches import normalising
from monolith.strangler.models import Epoch, NormaliseRule, Reveal, Tally
from monolith.strangler.shadowing import replaying
from monolith.strangler.state import epochs
from tests.factories import NOON
from tests.monolith.strangler.comparing import Counts, shelf_path
from tests.monolith.strangler.library import Shelf, ShelfQuery

pytestmark = pytest.mark.django_db


@dataclass
class Command:
    """What a verb sees of the command that it belongs to."""

    stdout: OutputWrapper


def type_in(verb, *words):
    """Parse and run a verb; return what it printed."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    verb.declare(parser.add_subparsers())
    printed = io.StringIO()
    options = vars(parser.parse_args([verb.__name__.rpartition(".")[2], *words]))
    options.pop("run")(Command(OutputWrapper(printed)), options)
    return printed.getvalue()


def refusal(verb, *words):
    with pytest.raises(CommandError) as raised:
        type_in(verb, *words)
    return raised.value


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    counts = Counts()
    for name in ("add", "observe", "alert"):
        monkeypatch.setattr(tallies, name, getattr(counts, name))
    normalising.known.forget()
    yield counts
    normalising.known.forget()


@pytest.fixture
def shelf(library, service, monkeypatch):
    queries = [ShelfQuery(7), ShelfQuery(7, 1)]
    path = shelf_path(sample_queries=lambda keys: queries * keys)
    monkeypatch.setitem(registry._declared, "shelf", path)
    library.put(7, ["Emma"], ["Persuasion"], as_of=3)
    return path


def kept(outcome=Outcome.WRONG):
    monolith, service = Shelf(as_of=3, books=("Emma",)), Shelf(as_of=3, books=("Vathek",))
    judged = Compared(
        outcome=outcome,
        monolith_version=3,
        service_version=3,
        differences=differences(monolith, service),
    )
    comparison = Comparison(
        path="shelf",
        query=ShelfQuery(7),
        monolith=monolith,
        service=service,
        judged=judged,
        shape="first",
    )
    return mismatches.keep(comparison, at=timezone.now())


def test_mismatches_are_listed_without_values(shelf):
    signature = kept()

    printed = type_in(mismatches_verb, "shelf")

    assert f"{signature.digest} wrong x 1" in printed
    assert "books[] changed" in printed
    assert "Vathek" not in printed
    assert type_in(mismatches_verb, "shelf", "--kind", "extra") == "no mismatches\n"


def test_mismatches_are_listed_for_scripts(shelf):
    signature = kept()

    (told,) = json.loads(type_in(mismatches_verb, "shelf", "--json"))

    assert (told["signature"], told["count"], told["status"]) == (signature.digest, 1, "open")


def test_one_signature_shows_its_samples(shelf):
    digest = kept().digest

    assert "books[0] changed: text of 4 | text of 6" in type_in(
        mismatches_verb, "shelf", "--signature", digest
    )
    told = json.loads(type_in(mismatches_verb, "shelf", "--signature", digest, "--json"))
    assert told["samples"][0]["shape"] == "first"


def test_recheck_asks_both_sides_again(shelf, service):
    kept()
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma"], "next": 1})

    printed = type_in(mismatches_verb, "shelf", "--recheck")

    assert printed.endswith(": match (monolith 3, service 3)\n")
    assert service.asked == [("/prod/shelves/7", {"page": "0"})]


def test_recheck_says_what_cannot_be_asked_again(shelf, monkeypatch):
    digest = kept().digest
    monkeypatch.setitem(registry._declared, "shelf", shelf_path(query_class=None))

    printed = type_in(mismatches_verb, "shelf", "--recheck", "--signature", digest)

    assert "cannot be asked again" in printed


def test_recheck_says_what_cannot_be_compared(shelf, monkeypatch):
    kept()
    monkeypatch.setitem(registry._declared, "shelf", shelf_path(monolith_answer=None))

    assert "monolith-answer raises" in type_in(mismatches_verb, "shelf", "--recheck")


def test_mismatch_is_explained_from_the_command_line(shelf):
    digest = kept().digest

    type_in(
        mismatches_verb,
        *("shelf", "--signature", digest, "--owner", "dana", "--explain", "a known old import"),
    )

    assert "explained by dana: a known old import" in type_in(mismatches_verb, "shelf")


def test_explaining_names_what_is_explained(shelf):
    assert refusal(mismatches_verb, "shelf", "--explain", "whatever it was").returncode == 2


def test_values_are_revealed_for_a_reason_only(shelf):
    sample = kept().samples.get()

    assert refusal(mismatches_verb, "shelf", "--reveal", str(sample.pk)).returncode == 2
    printed = type_in(
        mismatches_verb, "shelf", "--reveal", str(sample.pk), "--reason", "customer complains"
    )

    assert json.loads(printed)["service"]["books"] == ["Vathek"]
    assert Reveal.objects.get().reason == "customer complains"


def test_sample_is_revealed_by_its_own_path_only(shelf, monkeypatch):
    sample = kept().samples.get()
    monkeypatch.setitem(registry._declared, "attic", shelf)

    assert "there is no sample" in str(
        refusal(
            mismatches_verb, "attic", "--reveal", str(sample.pk), "--reason", "customer complains"
        )
    )


@pytest.mark.parametrize("words", [("attic",), ("shelf", "--signature", "0" * 16)])
def test_unknown_names_are_refused(shelf, words):
    assert refusal(mismatches_verb, *words).returncode in {1, 2}


ADD = ("add", "shelf", "loud", "--place", "books[]", "--how", "case", "--reason", "a rebuild")


def test_rules_are_added_listed_and_expired(shelf):
    assert type_in(rules_verb, "list") == "no rules: every difference counts\n"

    type_in(rules_verb, *ADD, "--owner", "dana")
    assert "shelf loud: case at books[], until" in type_in(rules_verb, "list", "shelf")

    type_in(rules_verb, "expire", "shelf", "loud", "--reason", "rebuilt")
    assert "expired" in type_in(rules_verb, "list")
    (told,) = json.loads(type_in(rules_verb, "list", "--json"))
    assert (told["name"], told["owner"]) == ("loud", "dana")


def test_rule_is_its_authors_unless_they_name_another(shelf):
    type_in(rules_verb, *ADD)

    assert NormaliseRule.objects.get().owner != ""


def test_rules_that_cannot_be_are_refused(shelf):
    type_in(rules_verb, *ADD)

    assert refusal(rules_verb, *ADD).returncode == 2
    assert refusal(rules_verb, *ADD, "--days", "400").returncode == 2
    assert refusal(rules_verb, "expire", "shelf", "quiet", "--reason", "why").returncode == 2


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(replay_verb, "_PER_SECOND", 1_000_000.0)


def answer_by_page(service):
    pages = {
        "0": {"as_of": 3, "books": ["Emma"], "next": 1},
        "1": {"as_of": 3, "books": ["Persuasion"]},
    }
    service.respond = service.answer_json(lambda handler: pages[handler.path[-1]])


def test_replay_compares_every_shape_and_reads_the_monolith_twice(shelf, service, at_once, counts):
    answer_by_page(service)

    told = json.loads(type_in(replay_verb, "shelf", "--n", "6", "--json"))

    assert told == {"outcomes": {"match": 6}, "shapes": {"first": 3, "later": 3}}
    assert counts.of("noise") == {"same": 6}


def test_replay_asks_only_what_was_not_compared_often_enough(shelf, service, at_once):
    answer_by_page(service)
    epoch = epochs.renew("shelf", at=timezone.now())
    for number, name, count in ((epoch.number, "first", 30), (0, "later", 30)):
        Tally.objects.create(
            path="shelf", epoch=number, minute=NOON, series="shape", name=name, count=count
        )

    printed = type_in(replay_verb, "shelf", "--n", "4")

    assert "later" in printed
    assert "first" not in printed
    Tally.objects.filter(name="later").update(epoch=epoch.number)
    assert "every shape" in type_in(replay_verb, "shelf")


def test_replay_counts_for_the_present_epoch(shelf, service, at_once, monkeypatch):
    monkeypatch.undo()  # the real counts
    monkeypatch.setitem(registry._declared, "shelf", shelf)
    answer_by_page(service)

    type_in(replay_verb, "shelf", "--n", "2", "--per-second", "1000")

    (epoch,) = Epoch.objects.all()
    compared = Tally.objects.filter(path="shelf", series="compare")
    assert [(tally.epoch, tally.count) for tally in compared] == [(epoch.number, 2)]


def test_replay_asks_as_much_as_the_profile_wants_to_know(shelf, service, at_once, settings):
    answer_by_page(service)
    settings.STRANGLER_PROFILE = "demo"

    told = json.loads(type_in(replay_verb, "shelf", "--json"))

    assert told["shapes"] == {"first": 1, "later": 1}


def test_replay_that_finds_a_disagreement_says_so(shelf, service, at_once):
    service.respond = service.answer_json({"as_of": 3, "books": ["Vathek"], "next": 1})

    error = refusal(replay_verb, "shelf", "--shapes", "first", "--n", "1")

    assert error.returncode == 2
    assert "1 answers disagree" in str(error)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(("attic",), "no read path"), (("shelf", "--shapes", "round"), "has no shape round")],
)
def test_replay_of_what_there_is_not_is_refused(shelf, words, complaint):
    assert complaint in str(refusal(replay_verb, *words))


def test_replay_needs_both_sides(shelf, settings, monkeypatch):
    monkeypatch.setitem(registry._declared, "shelf", shelf_path(monolith_answer=None))
    assert "retired" in str(refusal(replay_verb, "shelf"))

    settings.STRANGLER_SERVICE_URLS = {}
    assert "no service" in str(refusal(replay_verb, "shelf"))


class Clock:
    """Goes on while somebody waits."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


def test_replay_keeps_its_rate_and_looks_again_at_what_was_behind(shelf, service):
    clock = Clock()
    replay = replaying.Replay(shelf, per_second=2, clock=clock, wait=clock.wait)
    service.respond = service.answer_json({"as_of": 2, "books": []})

    assert list(replay.ask([ShelfQuery(7)] * 4)) == [1, 2, 3, 4]
    assert clock.now == 1.5
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma"], "next": 1})
    assert list(replay.settle()) == [4, 3, 2, 1]

    assert clock.now == 3.5
    assert replay.report.outcomes == {"stale": 4}
    assert replay.report.shapes == {"first": 4}


def test_replay_goes_on_when_the_monolith_does_not_answer(shelf, service, counts):
    replay = replaying.Replay(shelf_path(monolith_answer=lambda _: 1 / 0), per_second=1_000)

    assert list(replay.ask([ShelfQuery(7)])) == [1]
    assert counts.of("harness") == {"monolith-answer": 1}
