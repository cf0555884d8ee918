"""What the stack of a service promises that keeps its events in S3 and runs in an image."""

from __future__ import annotations

import re

import pytest

from event_contracts.streams import ANNOUNCEMENT, STREAM_KINDS
from tests.infra.committed import ROOT, actions_of, imported, of_type, one

STACK = "sales-insights"
IMAGE = (ROOT / "infra" / "images" / "sales_insights" / "Dockerfile").read_text()


def function(entry_point):
    return one("AWS::Lambda::Function", STACK, FunctionName=f"{STACK}-{entry_point}")


def test_it_takes_every_kind_of_stream_that_tells_facts_of_its_own():
    taken = {
        imported(each.properties["TopicArn"]).removeprefix("banyan:topics:")
        for each in of_type("AWS::SNS::Subscription")
        if each.stack == STACK
    }

    assert taken == set(STREAM_KINDS) - {ANNOUNCEMENT}


def test_each_side_may_do_on_the_bucket_what_it_does_and_no_more():
    actions = {
        entry_point: {
            action for action in actions_of(function(entry_point)) if action.startswith("s3:")
        }
        for entry_point in ("on-events", "on-schedule", "on-request")
    }

    assert actions == {
        # What it gets and lists are claims.
        "on-events": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        "on-schedule": {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"},
        "on-request": {"s3:GetObject", "s3:ListBucket"},
    }


def test_files_are_merged_by_the_clock_and_by_one_at_a_time():
    rule = one("AWS::Events::Rule", STACK).properties
    merging = function("on-schedule").properties

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert merging["ReservedConcurrentExecutions"] == 1
    # Nobody tries again for one that was refused meanwhile: the next minute has another.
    assert rule["Targets"][0]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_image_runs_the_function_that_the_stack_names():
    commands = {
        function(entry_point).properties["ImageConfig"]["Command"][0].rpartition(".")[2]
        for entry_point in ("on-events", "on-schedule", "on-request")
    }

    assert commands == {"on_events", "on_schedule", "on_request"}
    assert 'ENTRYPOINT ["python", "-m", "awslambdaric"]' in IMAGE


def test_image_holds_locked_libraries_and_only_what_the_service_imports():
    copied = re.findall(r"^COPY (?!--from)(\S+)", IMAGE, re.MULTILINE)
    ignore = (ROOT / ".dockerignore").read_text().splitlines()

    assert "--require-hashes" in IMAGE
    assert set(copied) == {
        "locks/sales-insights.txt",
        "event_contracts",
        "extracted_services/__init__.py",
        "extracted_services/lambda_support",
        "extracted_services/read_models",
        "extracted_services/sales_insights",
    }
    assert all((ROOT / path).exists() for path in copied)
    assert "!locks/sales-insights.txt" in ignore


@pytest.mark.parametrize("library", ["duckdb", "boto3", "awslambdaric", "aws-lambda-powertools"])
def test_image_has_the_versions_that_the_tests_ran_with(library):
    def version_in(lock):
        text = (ROOT / "locks" / f"{lock}.txt").read_text()
        return re.findall(rf"^{library}==(\S+)", text, re.MULTILINE)

    assert version_in("sales-insights") == version_in("dev") != []
