from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from monolith.strangler import registry, runbook
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.gates.edges import gates_before
from monolith.strangler.management.commands.strangler import Command
from monolith.strangler.management.verbs import lint
from monolith.strangler.runbook import rendering

ABOVE_THE_LOWEST = RUNGS[1:]


def named(identifier):
    return next(step for step in runbook.all_steps() if step.id == identifier)


def complaints(*steps):
    return runbook.complaints(lint.refusing(Command()), steps)


@pytest.mark.parametrize("rung", ABOVE_THE_LOWEST, ids=str)
def test_every_gate_before_a_rung_is_asked_for_by_a_step_to_it(rung):
    asked = {gate for step in runbook.steps_to(rung) for gate in step.gates}

    assert {gate.id for gate in gates_before(rung.name)} <= asked


@pytest.mark.parametrize("rung", ABOVE_THE_LOWEST, ids=str)
def test_way_to_a_rung_ends_with_the_climb_and_a_look(rung):
    steps = runbook.steps_to(rung)

    assert [step.id.partition(".")[2] for step in steps[-2:]] == ["climb", "look"]
    assert [step.is_after for step in steps] == [False] * (len(steps) - 1) + [True]


def test_lowest_rung_takes_no_step():
    assert runbook.steps_to(RUNGS[0]) == ()


@pytest.mark.parametrize(
    ("rung", "asks"), [("service", True), ("retired", True), ("canary-1", False)]
)
def test_second_person_is_asked_where_everybody_depends_on_the_service(rung, asks):
    assert any(step.id == f"{rung}.approve" for step in runbook.all_steps()) is asks


def test_runbook_is_sound():
    assert runbook.complaints(lint.refusing(Command())) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"roll_back": " "}, "has no roll back"),
        ({"why": ""}, "has no why"),
        ({"owner": ""}, "has no owner"),
        ({"max_minutes": 0}, "may take no time"),
        ({"gates": ("E2", "Z9")}, "there is no gate Z9"),
        ({"do": "manage.py strangler fly {path}"}, "cannot be typed"),
        ({"do": "manage.py strangler backfill {path} --gently"}, "cannot be typed"),
        ({"do": "start `manage.py strangler watch --hard` somewhere"}, "cannot be typed"),
        ({"roll_back": "manage.py strangler rollback {path}"}, "--reason"),
    ],
)
def test_step_that_is_not_sound_is_complained_of(changes, complaint):
    (said,) = complaints(replace(named("shadow-1.backfill"), **changes))

    assert said.startswith("shadow-1.backfill")
    assert complaint in said


def test_step_that_is_there_twice_is_complained_of():
    step = named("shadow-1.backfill")

    assert complaints(step, step) == ["shadow-1.backfill is there twice"]


def test_page_that_was_not_printed_again_is_complained_of(settings, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(runbook.page("shelf"))
    settings.STRANGLER_RUNBOOK_PAGE = ("shelf", page)
    call_command("strangler", "lint")

    page.write_text(runbook.page("shelf") + "more\n")

    with pytest.raises(CommandError, match="out of date") as refused:
        call_command("strangler", "lint")
    assert refused.value.returncode == 2


def test_page_that_is_missing_is_out_of_date(settings, tmp_path):
    settings.STRANGLER_RUNBOOK_PAGE = ("shelf", tmp_path / "nothing.md")
    assert runbook.page_is_stale()

    del settings.STRANGLER_RUNBOOK_PAGE
    assert not runbook.page_is_stale()


def test_committed_page_is_what_the_command_prints(settings, capsys):
    path, page = settings.STRANGLER_RUNBOOK_PAGE

    call_command("strangler", "runbook", path, "--render", "md")

    assert capsys.readouterr().out == page.read_text()


def test_page_has_every_step():
    page = rendering.page("order_history")

    for rung in ABOVE_THE_LOWEST:
        assert f"## To {rung}" in page
    assert page.count("\n| climb | `python manage.py") == len(ABOVE_THE_LOWEST)


def test_page_says_of_every_declared_path_what_is_special_about_it(library, monkeypatch):
    monkeypatch.setitem(registry._declared, "rack", replace(
        library.summed_path("rack"), subject_of=registry._nobody, for_staff=True,
        timeout_seconds=4.0, shapes=("a", "b"),
    ))  # fmt: skip

    page = rendering.page("order_history")

    for name in registry.names():
        assert f"\n| `{name}` | {registry.get_path(name).family} | " in page
    assert (
        "| `shelf` | library | whoever the read is about | the usual time | 1 | key by key | "
        "none: B2 is never passed |"
    ) in page
    assert (
        "| `rack` | library | whoever asks, by their cookie: staff, too | 4 s | 2 | by checksum | "
        "yes |"
    ) in page
