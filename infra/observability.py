"""Where alarms go."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnCondition, CfnOutput, CfnParameter, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from infra import exports
from infra.environments import EnvironmentStack


class Observability(EnvironmentStack):
    """A topic for every alarm of the account, and whoever is on call."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, "observability", description="Where Banyan's alarms go")
        topic = sns.Topic(self, "Alarms", topic_name="banyan-alarms", enforce_ssl=True)
        # A policy of our own replaces the default one, which lets CloudWatch publish.
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        self._tell_by_mail(topic)
        CfnOutput(self, "AlarmsTopic", value=topic.topic_arn, export_name=exports.ALARMS)

    def _tell_by_mail(self, topic: sns.Topic) -> None:
        address = CfnParameter(
            self, "AlarmsMail", default="", description="Who is on call; empty: nobody is told"
        )
        is_given = CfnCondition(
            self,
            "SomebodyIsOnCall",
            expression=Fn.condition_not(Fn.condition_equals(address.value_as_string, "")),
        )
        mail = sns.CfnSubscription(
            self,
            "OnCall",
            topic_arn=topic.topic_arn,
            protocol="email",
            endpoint=address.value_as_string,
        )
        mail.cfn_options.condition = is_given
