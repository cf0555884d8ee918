"""The CDK application: every stack there is."""

from __future__ import annotations

from aws_cdk import App

from infra import services
from infra.edge_authorizer import EdgeAuthorizer
from infra.event_bus import EventBus
from infra.observability import Observability
from infra.outbox_alarms import OutboxAlarms
from infra.task_queues import TaskQueues


def build(*, outdir: str) -> App:
    """Build all stacks, without anything that would change from one synthesis to the next."""
    app = App(
        outdir=outdir,
        analytics_reporting=False,
        tree_metadata=False,
        context={"@aws-cdk/aws-iam:minimizePolicies": True},
    )
    Observability(app)
    EventBus(app)
    TaskQueues(app)
    OutboxAlarms(app)
    EdgeAuthorizer(app)
    services.add_all(app)
    return app
