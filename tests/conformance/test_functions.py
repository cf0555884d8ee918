"""Lambda: invocations, errors and logs in AWS's shapes, and Step Functions on top of them."""

from __future__ import annotations

import base64
import json

import pytest

from infra.local.waiting import wait_until
from tests.conformance.local_platform import ACCOUNT, REGION, unique


def tail(answer):
    return base64.b64decode(answer["LogResult"]).decode()


def test_handler_gets_its_event_environment_and_context(platform):
    function = platform.create_function("echo.on_event", TABLE_NAME="orders")

    payload, answer = platform.invoke(function, {"customer": 1})

    assert "FunctionError" not in answer
    assert payload["event"] == {"customer": 1}
    assert payload["variables"].items() >= {
        "_HANDLER": "tests.conformance.functions.echo.on_event",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_ENDPOINT_URL": platform.endpoint,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_REGION": REGION,
        "TABLE_NAME": "orders",
    }.items()  # fmt: skip
    assert payload["variables"]["AWS_EXECUTION_ENV"].startswith("AWS_Lambda_python3.")


def test_function_of_a_container_image_runs_the_command_of_its_configuration(platform):
    name = unique("function")
    platform.client("lambda").create_function(
        FunctionName=name,
        PackageType="Image",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/any:latest"},
        ImageConfig={"Command": ["tests.conformance.functions.echo.on_event"]},
    )

    payload, answer = platform.invoke(name, {"customer": 1})

    assert "FunctionError" not in answer
    assert payload["event"] == {"customer": 1}


def test_log_has_the_platform_lines_around_the_handlers(platform):
    function = platform.create_function("echo.on_event")

    payload, answer = platform.invoke(function, {"a": 1})

    start, line, end, report = tail(answer).splitlines()
    assert start == f"START RequestId: {payload['request_id']} Version: $LATEST"
    assert line == "echo of {'a': 1}"
    assert end == f"END RequestId: {payload['request_id']}"
    assert "Billed Duration: " in report
    assert int(report.split("Max Memory Used: ")[1].split()[0]) > 5


def test_log_reaches_cloudwatch_once(platform):
    function = platform.create_function("echo.on_event")
    payload, _ = platform.invoke(function, {"a": 1})

    events = platform.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")

    messages = [event["message"] for event in events["events"]]
    assert messages.count("echo of {'a': 1}") == 1
    assert (
        sum(message.startswith(f"START RequestId: {payload['request_id']}") for message in messages)
        == 1
    )


def test_raised_error_keeps_its_type_and_stack_trace(platform):
    function = platform.create_function("failing.on_rejected")

    payload, answer = platform.invoke(function, {})

    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "OrderRejected"
    assert payload["errorMessage"] == "the shop is closed"
    assert "failing.py" in payload["stackTrace"][0]
    assert payload["requestId"] in tail(answer)
    assert "about to reject" in tail(answer)


def test_worker_survives_a_raised_error(platform):
    function = platform.create_function("failing.on_rejected")
    platform.invoke(function, {})

    _, answer = platform.invoke(function, {})

    assert "Init Duration" not in tail(answer)


def test_timeout_is_enforced_with_the_last_line_kept_and_the_worker_replaced(platform):
    function = platform.create_function("failing.on_slow", timeout=1)

    payload, answer = platform.invoke(function, {})
    after, _ = platform.invoke(function, {"seconds": 0})

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert "line before the timeout" in tail(answer)
    assert "Task timed out after 1.00 seconds" in tail(answer)
    assert after == "late"


def test_crash_keeps_the_last_words_and_is_named(platform):
    function = platform.create_function("failing.on_crash")

    payload, answer = platform.invoke(function, {})

    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert "last words" in tail(answer)
    assert "on both streams" in tail(answer)


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("absent.on_event", "Runtime.ImportModuleError"),
        ("echo.on_absent", "Runtime.HandlerNotFound"),
        ("broken_at_import.on_event", "RuntimeError"),
    ],
)
def test_function_that_cannot_start_says_why(platform, handler, error_type):
    function = platform.create_function(handler)

    payload, answer = platform.invoke(function, {})

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == error_type
    assert error_type in tail(answer)


def test_too_large_an_answer_is_an_error(platform):
    payload, answer = platform.invoke(platform.create_function("failing.on_large"), {})

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_absent_function_is_named_so(platform):
    with pytest.raises(platform.client("lambda").exceptions.ResourceNotFoundException):
        platform.invoke("absent")


def run_state_machine(platform, task, event):
    states = platform.client("stepfunctions")
    definition = {
        "StartAt": "Task",
        "States": {
            "Task": {"Type": "Task", "End": True} | task,
            "Caught": {"Type": "Pass", "Result": "caught", "End": True},
        },
    }
    machine = states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
    )["stateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"]
    wait_until(
        lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", "it ends"
    )
    return states.describe_execution(executionArn=arn)


def test_step_functions_retry_and_catch_a_custom_exception_by_name(platform, record):
    function = platform.create_function("failing.on_step")
    once_more = {"IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}
    task = {
        "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
        "Retry": [{"ErrorEquals": ["OrderRejected"]} | once_more],
        "Catch": [{"ErrorEquals": ["OrderRejected"], "Next": "Caught"}],
    }

    execution = run_state_machine(platform, task, {"attempt_file": str(record.path)})

    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"]) == "caught"
    assert record.lines() == ["tried", "tried"]
