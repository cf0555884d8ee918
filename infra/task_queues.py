"""The monolith's own queue: Celery's broker."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_sqs as sqs

from infra import exports
from infra.building_blocks.alarms import alarm_when_not_empty, alarm_when_old
from infra.environments import EnvironmentStack

# As long as the longest task may run: monolith/config/celery.py says the same.
VISIBILITY = Duration.minutes(15)
OLDEST_TASK = Duration.minutes(10)
MOST_RECEIVES = 5


class TaskQueues(EnvironmentStack):
    """Tasks are wake-ups and batch jobs; their order does not matter."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, "task-queues", description="Celery's queue")
        dead = sqs.Queue(
            self,
            "DeadTasks",
            queue_name="banyan-tasks-dead",
            retention_period=Duration.days(14),
            enforce_ssl=True,
        )
        tasks = sqs.Queue(
            self,
            "Tasks",
            queue_name="banyan-tasks",
            visibility_timeout=VISIBILITY,
            receive_message_wait_time=Duration.seconds(20),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=MOST_RECEIVES),
            enforce_ssl=True,
        )
        alarm_when_not_empty(self, dead, name="banyan-tasks-dead")
        alarm_when_old(
            self, tasks, name="banyan-tasks-old", age=OLDEST_TASK, page="tasks-wait-too-long"
        )
        for name, queue in {"tasks": tasks, "tasks-dead": dead}.items():
            output = f"{name.title().replace('-', '')}Queue"
            CfnOutput(self, output, value=queue.queue_url, export_name=exports.queue(name))
