"""Alarms: each tells whoever is on call, and names the runbook page that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from infra import exports

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs

MINUTE = Duration.minutes(1)
RUNBOOK = "docs/runbook/alarms"


def add_alarm(
    scope: Any,
    *,
    name: str,
    says: str,
    page: str,
    metric: cloudwatch.Metric,
    threshold: float = 1,
    minutes: int = 1,
    when_silent: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
) -> None:
    """Raise an alarm when a metric was at its threshold for so many minutes on end."""
    alarm = cloudwatch.Alarm(
        scope,
        f"Alarm-{name}",
        alarm_name=name,
        alarm_description=f"{says} Runbook: {RUNBOOK}/{page}.md",
        metric=metric,
        threshold=threshold,
        evaluation_periods=minutes,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=when_silent,
    )
    alarm.add_alarm_action(actions.SnsAction(_alarms_topic(scope)))


def alarm_when_not_empty(scope: Any, dead_letters: sqs.Queue, *, name: str) -> None:
    """Raise an alarm as soon as a queue of dead letters holds one."""
    add_alarm(
        scope,
        name=name,
        says=f"A message in {name} was given up after its last attempt.",
        page="dead-letter-queue-not-empty",
        metric=dead_letters.metric_approximate_number_of_messages_visible(
            period=MINUTE, statistic="Maximum"
        ),
    )


def alarm_when_old(scope: Any, queue: sqs.Queue, *, name: str, age: Duration, page: str) -> None:
    """Raise an alarm when the oldest message has waited too long for three minutes."""
    add_alarm(
        scope,
        name=name,
        says=f"The oldest message has waited for {age.to_seconds():g} s or more.",
        page=page,
        metric=queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
        threshold=age.to_seconds(),
        minutes=3,
    )


def alarm_on_trouble(scope: Any, function: lambda_.Function, *, name: str) -> None:
    """Raise an alarm when a function fails, or is not let run, for three minutes."""
    add_alarm(
        scope,
        name=f"{name}-errors",
        says=f"The function {name} raises errors, or takes too long.",
        page="function-errors",
        metric=function.metric_errors(period=MINUTE, statistic="Sum"),
        minutes=3,
    )
    add_alarm(
        scope,
        name=f"{name}-throttles",
        says=f"The function {name} is called more often than it is let run.",
        page="function-throttles",
        metric=function.metric_throttles(period=MINUTE, statistic="Sum"),
        minutes=3,
    )


def _alarms_topic(scope: Any) -> sns.ITopic:
    stack = Stack.of(scope)
    known = stack.node.try_find_child("AlarmsTopic")
    return known or sns.Topic.from_topic_arn(stack, "AlarmsTopic", Fn.import_value(exports.ALARMS))
