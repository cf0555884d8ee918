"""Alarms: nothing breaks in silence, and whoever is woken finds a page."""

from __future__ import annotations

import re

import pytest

from monolith.outbox import watching
from tests.infra.committed import ROOT, imported, of_type, reference_to

ALARMS = of_type("AWS::CloudWatch::Alarm")
PAGES = ROOT / "docs" / "runbook" / "alarms"
HEADINGS = ("## Symptom", "## What it means", "## What to look at", "## What to do")


def _watches(metric):
    """Return (stack, logical id) of everything that has an alarm on a metric."""
    return {
        (alarm.stack, reference_to(dimension["Value"]))
        for alarm in ALARMS
        if alarm.properties["MetricName"] == metric
        for dimension in alarm.properties["Dimensions"]
    }


def _page_of(alarm):
    (page,) = re.findall(r"Runbook: (docs/runbook/alarms/[a-z-]+\.md)$", alarm)
    return page


@pytest.mark.parametrize("queue", of_type("AWS::SQS::Queue"), ids=str)
def test_every_queue_has_an_alarm(queue):
    is_source = "RedrivePolicy" in queue.properties
    metric = "ApproximateAgeOfOldestMessage" if is_source else "ApproximateNumberOfMessagesVisible"

    assert (queue.stack, queue.id) in _watches(metric)


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
@pytest.mark.parametrize("function", of_type("AWS::Lambda::Function"), ids=str)
def test_every_function_has_an_alarm(function, metric):
    assert (function.stack, function.id) in _watches(metric)


@pytest.mark.parametrize("alarm", ALARMS, ids=str)
def test_every_alarm_tells_somebody_and_names_a_page_that_exists(alarm):
    page = ROOT / _page_of(alarm.properties["AlarmDescription"])

    assert [imported(action) for action in alarm.properties["AlarmActions"]] == [
        "banyan:alarms:topic"
    ]
    assert page.is_file()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_every_page_says_what_it_means_and_what_to_do(page):
    text = page.read_text()

    assert [heading for heading in HEADINGS if heading not in text] == []
    assert "```sh" in text


def test_alarms_on_the_outbox_are_about_what_its_log_line_tells():
    alarms = [a.properties for a in ALARMS if a.stack == "outbox-alarms"]

    assert alarms
    for alarm in alarms:
        assert alarm["Namespace"] == watching.NAMESPACE
        assert alarm["Dimensions"] == [{"Name": "service", "Value": watching.SERVICE}]
        assert alarm["MetricName"] in watching.UNITS


def test_outbox_of_which_nobody_says_anything_raises_an_alarm():
    silent = {a.properties["TreatMissingData"] for a in ALARMS if a.stack == "outbox-alarms"}

    assert "breaching" in silent


def test_the_first_dead_letter_raises_the_alarm_within_a_minute():
    alarms = [a.properties for a in ALARMS if "MessagesVisible" in a.properties["MetricName"]]

    assert alarms
    for alarm in alarms:
        assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, 60, 1)
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
