"""What the templates promise, whichever service is added."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

from event_contracts.registry import EVENT_CLASSES, is_snapshot
from event_contracts.streams import STREAM_KINDS
from extracted_services.order_confirmation import inbox
from monolith.strangler import registry
from tests.infra.committed import (
    RESOURCES,
    ROOT,
    TEMPLATES,
    actions_of,
    imported,
    imported_within,
    of_type,
    one,
    reference_to,
    statements_of,
)

QUEUES = of_type("AWS::SQS::Queue")
SOURCES = [queue for queue in QUEUES if "RedrivePolicy" in queue.properties]
FUNCTIONS = of_type("AWS::Lambda::Function")
SUBSCRIPTIONS = [s for s in of_type("AWS::SNS::Subscription") if s.properties["Protocol"] == "sqs"]
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")
AUTHORIZER = "edge_authorizer"
CONFIRMATION = "order_confirmation"
SERVICES = sorted(
    path.parent.name
    for path in (ROOT / "extracted_services").glob("*/handlers.py")
    if path.parent.name not in {AUTHORIZER, CONFIRMATION}
)
# Who publishes what a projection has kept.
FURTHER_ENTRY_POINTS = {"catalogue_search": ("on_publish",)}
# Those that keep rows in a table; tests/infra/test_lake.py has the one that keeps files.
KEEPING_TABLES = [service for service in SERVICES if service != "sales_insights"]
WRITING = re.compile(
    r"s3:(Put|Delete|\*)|dynamodb:(Put|Update|Delete|BatchWrite|Partiql|Create|\*)|\*$"
)


def _handler(function):
    if "ImageConfig" in function.properties:
        (command,) = function.properties["ImageConfig"]["Command"]
        return command
    return function.properties["Handler"]


def _dead_letters(queue):
    return reference_to(queue.properties["RedrivePolicy"]["deadLetterTargetArn"])


def test_there_are_queues_functions_and_subscriptions_to_check():
    assert len(SOURCES) >= 2
    assert len(FUNCTIONS) >= 2
    assert SUBSCRIPTIONS
    assert MAPPINGS


def test_every_queue_has_dead_letters_or_holds_them():
    holding = {(queue.stack, _dead_letters(queue)) for queue in SOURCES}

    assert [q for q in QUEUES if q not in SOURCES and (q.stack, q.id) not in holding] == []


@pytest.mark.parametrize("queue", SOURCES, ids=str)
def test_dead_letters_outlive_the_messages_they_were(queue):
    by_id = {(q.stack, q.id): q for q in QUEUES}

    dead = by_id[queue.stack, _dead_letters(queue)]

    four_days = 345_600
    assert dead.properties["MessageRetentionPeriod"] > queue.properties.get(
        "MessageRetentionPeriod", four_days
    )
    assert queue.properties["RedrivePolicy"]["maxReceiveCount"] == 5
    assert dead.properties.get("FifoQueue") == queue.properties.get("FifoQueue")


@pytest.mark.parametrize("mapping", MAPPINGS, ids=str)
def test_messages_stay_invisible_for_six_times_the_functions_timeout(mapping):
    queue = {(q.stack, q.id): q for q in QUEUES}[
        mapping.stack, reference_to(mapping.properties["EventSourceArn"])
    ]
    function = {(f.stack, f.id): f for f in FUNCTIONS}[
        mapping.stack, reference_to(mapping.properties["FunctionName"])
    ]

    assert queue.properties["VisibilityTimeout"] >= 6 * function.properties["Timeout"]


@pytest.mark.parametrize("mapping", MAPPINGS, ids=str)
def test_one_bad_event_does_not_bring_back_its_whole_batch(mapping):
    assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.properties["BatchSize"] == 10
    assert "FilterCriteria" not in mapping.properties


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=str)
def test_a_consumer_takes_whole_streams_as_they_were_recorded(subscription):
    assert subscription.properties["RawMessageDelivery"] is True
    assert "deadLetterTargetArn" in subscription.properties["RedrivePolicy"]
    kind = imported(subscription.properties["TopicArn"]).removeprefix("banyan:topics:")
    assert kind in STREAM_KINDS


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=str)
def test_what_is_kept_from_a_consumer_is_no_fact_and_no_snapshot_that_it_takes_over(subscription):
    ((operator, kept_away),) = (
        pair
        for rule in subscription.properties["FilterPolicy"]["event_type"]
        for pair in rule.items()
    )

    assert operator == "anything-but"
    assert {name for name in EVENT_CLASSES if is_snapshot(name)} - set(kept_away) == (
        _taken_over_by(subscription)
    )
    assert all(map(is_snapshot, kept_away))


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=str)
def test_what_is_addressed_to_nobody_is_for_everybody(subscription):
    policy = subscription.properties["FilterPolicy"]

    assert set(policy) == {"event_type", "addressee"}
    assert policy["addressee"] == [{"exists": False}, _addressee_of(subscription)]


def test_every_read_path_is_the_addressee_of_one_service():
    """Snapshots are addressed by the names of the paths that they are taken for."""
    stacks = {(_addressee_of(each), each.stack) for each in SUBSCRIPTIONS}

    answering = sorted(addressee for addressee, _ in stacks if addressee in registry.names())
    assert answering == sorted(registry.names())


def _addressee_of(subscription):
    return subscription.properties["FilterPolicy"]["addressee"][-1]


def _taken_over_by(subscription):
    (mapping,) = (
        m
        for m in MAPPINGS
        if m.stack == subscription.stack
        and reference_to(m.properties["EventSourceArn"])
        == reference_to(subscription.properties["Endpoint"])
    )
    function = {(f.stack, f.id): f for f in FUNCTIONS}[
        mapping.stack, reference_to(mapping.properties["FunctionName"])
    ]
    handlers, entry_point = _handler(function).rsplit(".", 1)
    if entry_point == "on_announcements":
        return set()
    service = import_module(handlers.rpartition(".")[0])
    modules = [
        import_module(m.name) for m in iter_modules(service.__path__, service.__name__ + ".")
    ]
    (snapshots,) = {m.SNAPSHOTS for m in modules if hasattr(m, "SNAPSHOTS")}
    return set(snapshots)


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_every_function_writes_to_a_log_group_of_its_own_that_forgets(function):
    name = function.properties["FunctionName"]
    log_group = one("AWS::Logs::LogGroup", function.stack, LogGroupName=f"/aws/lambda/{name}")

    assert reference_to(function.properties["LoggingConfig"]["LogGroup"]) == log_group.id
    assert log_group.properties["RetentionInDays"]


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_new_code_leaves_the_template_as_it_is(function):
    code = function.properties["Code"]

    if function.properties.get("PackageType") == "Image":
        assert {"Ref": "ImageTag"} in code["ImageUri"]["Fn::Join"][1]
    else:
        assert code == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}


@pytest.mark.parametrize("bucket", of_type("AWS::S3::Bucket"), ids=str)
def test_every_bucket_is_private_encrypted_and_reached_by_tls_only(bucket):
    policy = one("AWS::S3::BucketPolicy", bucket.stack, Bucket={"Ref": bucket.id})
    (encryption,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    denied = [
        (statement["Action"], statement["Principal"], statement["Condition"])
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    ]

    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket.properties["PublicAccessBlockConfiguration"]) == 4
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert denied == [("s3:*", {"AWS": "*"}, {"Bool": {"aws:SecureTransport": "false"}})]
    assert bucket.definition["DeletionPolicy"] == "RetainExceptOnCreate"


def test_buckets_take_whatever_name_is_free():
    buckets = of_type("AWS::S3::Bucket")

    assert buckets
    assert [bucket for bucket in buckets if "BucketName" in bucket.properties] == []


def test_claims_outlive_every_message_that_may_refer_to_them():
    (rule,) = one("AWS::S3::Bucket", "event-bus").properties["LifecycleConfiguration"]["Rules"]
    kept = {(q.stack, q.id): q.properties.get("MessageRetentionPeriod", 0) for q in QUEUES}
    longest = max(kept[q.stack, q.id] + kept[q.stack, _dead_letters(q)] for q in SOURCES)

    a_day = 86_400
    assert rule["Status"] == "Enabled"
    # Given back once: the dead letters' move is not the end of the queue's own retention.
    assert rule["ExpirationInDays"] * a_day > longest + max(kept[q.stack, q.id] for q in SOURCES)


@pytest.mark.parametrize("service", KEEPING_TABLES)
def test_consumers_read_claims_and_nobody_else_does(service):
    stack = service.replace("_", "-")

    actions = {
        entry_point: {
            action
            for action in actions_of(
                one("AWS::Lambda::Function", stack, FunctionName=f"{stack}-{entry_point}"),
                on="banyan:buckets:claims",
            )
            if action.startswith("s3:")
        }
        for entry_point in ("on-events", "on-request")
    }

    assert actions == {"on-events": {"s3:GetObject", "s3:ListBucket"}, "on-request": set()}


@pytest.mark.parametrize("service", KEEPING_TABLES)
def test_the_query_side_cannot_write(service):
    stack = service.replace("_", "-")
    function = one("AWS::Lambda::Function", stack, FunctionName=f"{stack}-on-request")

    actions = actions_of(function)

    assert "dynamodb:GetItem" in actions
    assert [action for action in actions if WRITING.search(action)] == []


@pytest.mark.parametrize("service", KEEPING_TABLES)
def test_only_the_query_side_lists_what_is_kept(service):
    stack = service.replace("_", "-")

    may_scan = {
        entry_point: "dynamodb:Scan"
        in actions_of(one("AWS::Lambda::Function", stack, FunctionName=f"{stack}-{entry_point}"))
        for entry_point in ("on-events", "on-request")
    }

    assert may_scan == {"on-events": False, "on-request": True}


@pytest.mark.parametrize("route", of_type("AWS::ApiGatewayV2::Route"), ids=str)
def test_every_route_leads_to_the_query_side_which_lets_it_in(route):
    path = route.properties["RouteKey"].removeprefix("GET ")
    integration = reference_to(route.properties["Target"]["Fn::Join"][1][1])
    behind = {(each.stack, each.id): each for each in of_type("AWS::ApiGatewayV2::Integration")}[
        route.stack, integration
    ]
    function = reference_to(behind.properties["IntegrationUri"])

    let_in = [
        reference_to(permission.properties["FunctionName"])
        for permission in of_type("AWS::Lambda::Permission")
        if permission.stack == route.stack
        and permission.properties["SourceArn"].get("Fn::Join", [0, [0]])[1][-1] == f"/*/*{path}"
    ]

    assert let_in == [function]
    behind_it = {(f.stack, f.id): f for f in FUNCTIONS}[route.stack, function]
    assert _handler(behind_it).endswith(".on_request")


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_an_answer(service):
    source = (ROOT / "extracted_services" / service / "handlers.py").read_text()
    routes = {
        route.properties["RouteKey"]
        for route in of_type("AWS::ApiGatewayV2::Route")
        if route.stack == service.replace("_", "-")
    }

    assert routes
    assert {route for route in routes if f'"{route}": ' not in source} == set()


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"), ids=str)
def test_no_role_reaches_beyond_named_resources(role):
    statements = statements_of(role)

    assert statements
    assert all(statement["Resource"] != "*" for statement in statements)


@pytest.mark.parametrize("service", SERVICES)
def test_every_extracted_service_has_its_stack_and_its_module(service):
    stack = service.replace("_", "-")

    assert (ROOT / "infra" / "services" / f"{service}.py").exists()
    handlers = {_handler(f) for f in FUNCTIONS if f.stack == stack}
    assert handlers - {f"extracted_services.{service}.handlers.on_schedule"} == {
        f"extracted_services.{service}.handlers.{entry_point}"
        for entry_point in ("on_events", "on_request", *FURTHER_ENTRY_POINTS.get(service, ()))
    }


@pytest.mark.parametrize("service", FURTHER_ENTRY_POINTS)
def test_who_publishes_writes_objects_and_reads_the_table(service):
    stack = service.replace("_", "-")
    function = one("AWS::Lambda::Function", stack, FunctionName=f"{stack}-on-publish")

    actions = actions_of(function)

    assert {each for each in actions if WRITING.search(each)} == {"s3:PutObject", "s3:DeleteObject"}
    assert {"dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem"} <= actions


def test_every_module_of_a_stack_has_its_extracted_service():
    modules = {path.stem for path in (ROOT / "infra" / "services").glob("*.py")} - {"__init__"}

    assert modules == {*SERVICES, CONFIRMATION}


ROUTES = of_type("AWS::ApiGatewayV2::Route")
EDGE_ROUTES = [r for r in ROUTES if r.properties["RouteKey"].startswith("GET /edge/")]


def test_only_a_signed_request_reaches_a_service_or_a_token_at_the_edge():
    signed = [route for route in ROUTES if route not in EDGE_ROUTES]

    assert signed
    assert EDGE_ROUTES
    assert {route.properties["AuthorizationType"] for route in signed} == {"AWS_IAM"}
    assert {route.properties["AuthorizationType"] for route in EDGE_ROUTES} == {"CUSTOM"}


@pytest.mark.parametrize("route", EDGE_ROUTES, ids=str)
def test_an_edge_route_takes_nothing_of_the_address_for_whom_it_is_about(route):
    assert "{" not in route.properties["RouteKey"]
    assert route.properties["RouteKey"] == f"GET /edge/{route.stack.replace('-', '_')}"


@pytest.mark.parametrize("route", EDGE_ROUTES, ids=str)
def test_an_edge_route_asks_the_authorizer_and_remembers_its_word_for_one_route(route):
    authorizer = one("AWS::ApiGatewayV2::Authorizer", route.stack)

    assert reference_to(route.properties["AuthorizerId"]) == authorizer.id
    assert imported_within(authorizer.properties["AuthorizerUri"]) == [
        "banyan:functions:edge-authorizer"
    ]
    assert authorizer.properties["AuthorizerType"] == "REQUEST"
    assert authorizer.properties["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer.properties["EnableSimpleResponses"] is True
    assert authorizer.properties["IdentitySource"] == [
        "$request.header.Authorization",
        "$context.routeKey",
    ]
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] == 60


@pytest.mark.parametrize("route", EDGE_ROUTES, ids=str)
def test_an_edge_route_is_throttled_and_exists_before_its_settings(route):
    stage = one("AWS::ApiGatewayV2::Stage", route.stack)

    settings = stage.properties["RouteSettings"][route.properties["RouteKey"]]

    assert settings == {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}
    assert route.id in stage.definition["DependsOn"]


@pytest.mark.parametrize("route", EDGE_ROUTES, ids=str)
def test_browsers_read_at_the_edge_from_the_shop_s_pages_only(route):
    cors = one("AWS::ApiGatewayV2::Api", route.stack).properties["CorsConfiguration"]

    assert cors == {
        "AllowOrigins": [{"Ref": "ShopOrigin"}],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["authorization"],
        "MaxAge": 3600,
    }


def test_the_authorizer_may_verify_and_can_sign_nothing():
    function = one("AWS::Lambda::Function", "edge-authorizer")

    actions = actions_of(function)

    assert function.properties["Handler"] == (
        f"extracted_services.{AUTHORIZER}.handlers.on_authorize"
    )
    assert {action for action in actions if not action.startswith("logs:")} == {"kms:GetPublicKey"}


def test_no_function_can_sign_tokens():
    assert [f for f in FUNCTIONS if any("kms:S" in a or "kms:*" in a for a in actions_of(f))] == []


def test_keys_sign_and_do_nothing_else_and_are_believed_by_the_authorizer():
    keys = of_type("AWS::KMS::Key")
    variables = one("AWS::Lambda::Function", "edge-authorizer").properties["Environment"]

    assert keys
    for key in keys:
        assert key.properties["KeySpec"] == "RSA_2048"
        assert key.properties["KeyUsage"] == "SIGN_VERIFY"
        assert f'"{key.id}"' in json.dumps(variables["Variables"]["KEY_IDS"])


def test_each_style_of_event_has_a_queue_of_whole_streams():
    subscribed = {
        (reference_to(s.properties["Endpoint"]), imported(s.properties["TopicArn"]))
        for s in SUBSCRIPTIONS
        if s.stack == "order-confirmation"
    }
    queues = {q.id: q.properties["QueueName"] for q in QUEUES if q.stack == "order-confirmation"}

    assert {(queues[id_], topic) for id_, topic in subscribed} == {
        ("order-confirmation-events.fifo", "banyan:topics:customer"),
        ("order-confirmation-events.fifo", "banyan:topics:guest-order"),
        ("order-confirmation-thin-events.fifo", "banyan:topics:announcement"),
    }


@pytest.mark.parametrize("entry_point", ["on-events", "on-announcements"])
def test_letters_are_kept_by_key_and_only_whole_events_need_claims(entry_point):
    function = one(
        "AWS::Lambda::Function",
        "order-confirmation",
        FunctionName=f"order-confirmation-{entry_point}",
    )

    actions = {a for a in actions_of(function) if a.startswith(("dynamodb:", "s3:"))}

    claims = {"s3:GetObject", "s3:ListBucket"} if entry_point == "on-events" else set()
    assert actions == {"dynamodb:GetItem", "dynamodb:PutItem"} | claims


def test_claim_on_a_letter_outlives_its_sender_and_not_the_redelivery():
    for function in (f for f in FUNCTIONS if f.stack == "order-confirmation"):
        assert function.properties["Timeout"] < inbox.CLAIM_SECONDS
    for queue in (q for q in SOURCES if q.stack == "order-confirmation"):
        assert queue.properties["VisibilityTimeout"] > inbox.CLAIM_SECONDS


def test_letters_have_no_default_way_out_and_secrets_are_not_echoed():
    template = json.loads((TEMPLATES / "order-confirmation.json").read_text())
    parameters = template["Parameters"]

    assert parameters["Sends"]["Default"] == "fat"
    assert parameters["Sends"]["AllowedValues"] == ["fat", "thin"]
    for name in ("SmtpUrl", "ServiceToken"):
        assert parameters[name]["NoEcho"] is True
        assert "Default" not in parameters[name]


def test_every_kind_of_stream_has_a_topic_that_keeps_its_order():
    topics = [t for t in of_type("AWS::SNS::Topic") if t.stack == "event-bus"]

    assert {t.properties["TopicName"] for t in topics} == {
        f"{kind}-events.fifo" for kind in STREAM_KINDS
    }
    for topic in topics:
        assert topic.properties["FifoTopic"] is True
        assert topic.properties["ContentBasedDeduplication"] is False
        assert topic.properties["FifoThroughputScope"] == "MessageGroup"


@pytest.mark.parametrize("table", of_type("AWS::DynamoDB::Table"), ids=str)
def test_no_table_is_lost_by_accident(table):
    assert table.definition["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table.definition["UpdateReplacePolicy"] == "Retain"
    assert table.properties["DeletionProtectionEnabled"] == {
        "Fn::If": ["ProtectsData", True, False]
    }
    recovery = table.properties["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}


def test_production_is_protected_and_here_is_not():
    template = json.loads((TEMPLATES / "order-history.json").read_text())
    environments = template["Mappings"]["Environments"]

    protects = {name: values["ProtectsData"] for name, values in environments.items()}

    assert protects["production"] == "true"
    assert protects["local"] == "false"


def test_templates_hold_nothing_that_differs_between_machines():
    texts = [file.read_text() for file in TEMPLATES.glob("*.json")]

    assert not any(re.search(r"cdk-hnb659fds|BootstrapVersion|AssetParameters", t) for t in texts)
    assert "AWS::CDK::Metadata" not in {resource.type for resource in RESOURCES}
