"""The committed templates on local AWS: deployed once, then left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from event_contracts.streams import STREAM_KINDS
from infra.local.deploy import BUCKET, TEMPLATES
from tests.conformance.local_platform import LocalPlatform
from tests.infra.committed import ROOT

pytestmark = pytest.mark.platform
SERVICES = [path.stem for path in (ROOT / "infra" / "services").glob("[a-z]*.py")]
STACKS = sorted(template.stem for template in TEMPLATES.glob("*.json"))


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A platform with nothing on it."""
    platform = LocalPlatform(tmp_path_factory.mktemp("deploy"))
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture(scope="module")
def first(started):
    """The first deployment of the committed templates."""
    return deploy(started)


@pytest.fixture
def platform(started, first):
    """A platform with everything deployed once."""
    assert first.returncode == 0, first.stderr
    return started


def deploy(platform, templates=TEMPLATES):
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "infra.local.deploy",
            f"--endpoint={platform.endpoint}",
            f"--out={platform.folder / 'deployed.json'}",
            f"--templates={templates}",
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def done(ended):
    """Return what a deployment says it did, without how long it took."""
    return [line.partition(" (")[0] for line in ended.stdout.splitlines()]


def deployed(platform):
    return json.loads((platform.folder / "deployed.json").read_text())


def answer_to(url, headers):
    try:
        with urlopen(Request(url, headers=headers)) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def signed(url):
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials("test", "test"), "execute-api", "eu-west-1").add_auth(request)
    return dict(request.headers)


def test_the_first_deployment_creates_every_stack(first):
    assert (first.returncode, first.stderr) == (0, "")
    for name in STACKS:
        assert f"banyan-{name}: created" in first.stdout


def test_the_second_deployment_does_nothing(platform):
    before = deployed(platform)

    second = deploy(platform)

    assert second.stderr == ""
    assert sorted(done(second)) == [f"banyan-{name}: unchanged" for name in STACKS]
    assert deployed(platform) == before


def test_new_code_is_uploaded_into_the_bucket_that_is_there(platform):
    s3 = platform.client("s3")
    for code in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=code["Key"])

    ended = deploy(platform)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "code: uploaded as order_history-" in ended.stdout


def test_what_was_deployed_is_written_down_and_is_there(platform):
    outputs = deployed(platform)

    sns, sqs = platform.client("sns"), platform.client("sqs")
    topics = {topic["TopicArn"] for topic in sns.list_topics()["Topics"]}
    assert outputs["topics"].keys() == set(STREAM_KINDS)
    assert set(outputs["topics"].values()) < topics
    letters = ["order_confirmation_events", "order_confirmation_thin_events"]
    others = [*letters, "catalogue_search_publish", "tasks"]
    consumers = [*(f"{service}_events" for service in outputs["services"]), *others]
    # Nobody asks who writes letters.
    assert outputs["services"].keys() == set(SERVICES) - {"order_confirmation"}
    assert outputs["queues"].keys() == {
        queue for consumer in consumers for queue in (consumer, f"{consumer}_dead")
    }
    assert outputs["buckets"].keys() == {"claims"}
    assert platform.client("s3").head_bucket(Bucket=outputs["buckets"]["claims"])
    for url in outputs["queues"].values():
        assert url.startswith(platform.endpoint)
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]


def test_the_service_answers_signed_requests_and_no_others(platform):
    url = f"{deployed(platform)['services']['order_history']}/customers/17850/orders"

    assert answer_to(url, {}) == (403, {"message": "Forbidden"})
    status, problem = answer_to(url, signed(url))
    assert status == 404
    assert problem["type"].endswith("/history-not-complete")


def write_template(folder, name, *, queue_name, **properties):
    queue = {"QueueName": queue_name, **properties}
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": queue}}}
    (folder / f"{name}.json").write_text(json.dumps(template))


def test_a_refused_stack_is_named_with_its_resource_and_the_reason(platform, tmp_path):
    write_template(tmp_path, "broken", queue_name="no-suffix", FifoQueue=True)

    ended = deploy(platform, tmp_path)

    assert ended.returncode == 1
    assert "deployment failed: banyan-broken: Queue (AWS::SQS::Queue): " in ended.stderr
    assert ".fifo" in ended.stderr


def test_an_endpoint_that_does_not_answer_is_named(tmp_path):
    nobody = LocalPlatform(tmp_path)

    ended = deploy(nobody)

    assert ended.returncode == 1
    assert ended.stderr.startswith("deployment failed: Could not connect")
    assert nobody.endpoint in ended.stderr


def test_a_refused_template_is_named_too(platform, tmp_path):
    (tmp_path / "odd.json").write_text('{"Resources": {"Odd": {"Type": "AWS::Nobody::Knows"}}}')

    ended = deploy(platform, tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.startswith("deployment failed: banyan-odd: ")
    assert "AWS::Nobody::Knows" in ended.stderr


def test_a_stack_whose_creation_failed_is_created_when_it_is_mended(platform, tmp_path):
    write_template(tmp_path, "mended", queue_name="mended", FifoQueue=True)
    failed = deploy(platform, tmp_path)
    write_template(tmp_path, "mended", queue_name="mended.fifo", FifoQueue=True)

    mended = deploy(platform, tmp_path)

    assert failed.returncode == 1
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "banyan-mended: created" in mended.stdout


def test_a_changed_template_updates_its_stack_only(platform, tmp_path):
    write_template(tmp_path, "changing", queue_name="changing", VisibilityTimeout=30)
    write_template(tmp_path, "steady", queue_name="steady")
    deploy(platform, tmp_path)
    write_template(tmp_path, "changing", queue_name="changing", VisibilityTimeout=60)

    ended = deploy(platform, tmp_path)

    assert done(ended) == ["banyan-changing: updated", "banyan-steady: unchanged"]
    sqs = platform.client("sqs")
    queue = sqs.get_queue_url(QueueName="changing")["QueueUrl"]
    timeout = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    assert timeout["Attributes"] == {"VisibilityTimeout": "60"}
