"""Local AWS and the Lambda host as processes of a test, in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from botocore.config import Config

from infra.local.ports import free_port
from infra.local.waiting import wait_until

ROOT = Path(__file__).parents[2]
AWS_PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
Process = subprocess.Popen[bytes]
FUNCTIONS = "tests.conformance.functions"


@dataclass
class LocalPlatform:
    """Two processes, their ports, and boto3 clients for them."""

    folder: Path
    aws_port: int = field(default_factory=free_port)
    host_port: int = field(default_factory=free_port)
    code_root: Path = ROOT
    checkpoint_seconds: float = 0.3

    def __post_init__(self) -> None:
        self.aws_process: Process | None = None
        self.host_process: Process | None = None
        self._clients: dict[str, Any] = {}

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def state_folder(self) -> Path:
        return self.folder / "state"

    def client(self, service: str) -> Any:
        if service not in self._clients:
            create: Any = boto3.client  # its stubs want one literal name
            self._clients[service] = create(
                service,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]

    def start(self) -> None:
        self.start_host()
        self.start_aws()

    def start_aws(self) -> None:
        self.aws_process = self._start(
            "aws", AWS_PYTHON, "infra.local.aws", "--port", self.aws_port,
            "--state-dir", self.state_folder, "--lambda-host", f"http://127.0.0.1:{self.host_port}",
            "--checkpoint-seconds", self.checkpoint_seconds, "--retry-seconds", 0.1,
        )  # fmt: skip
        wait_until(lambda: answers(f"{self.endpoint}/_ministack/health"), "local AWS is up")

    def start_host(self) -> None:
        self.host_process = self._start(
            "host", sys.executable, "infra.local.lambda_host", "--port", self.host_port,
            "--code-root", self.code_root, "--aws-endpoint", self.endpoint, "--watch", "watched",
        )  # fmt: skip
        wait_until(lambda: answers(f"http://127.0.0.1:{self.host_port}/health"), "host is up")

    def stop(self) -> None:
        for process in (self.aws_process, self.host_process):
            end(process, signal.SIGTERM)
        for client in self._clients.values():
            client.close()

    def move_aws(self) -> None:
        """Have local AWS start on another port next time; clients follow."""
        self.aws_port = free_port()
        for client in self._clients.values():
            client.close()
        self._clients = {}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _start(self, name: str, python: Path | str, module: str, *options: Any) -> Process:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [python, "-m", module, *options]
            return subprocess.Popen(
                [str(part) for part in command], cwd=ROOT, stdout=log, stderr=log
            )

    def create_function(self, handler: str, *, timeout: int = 5, **variables: str) -> str:
        name = unique("function")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Handler=handler if handler.count(".") > 1 else f"{FUNCTIONS}.{handler}",
            Code={"ZipFile": EMPTY_ZIP},
            Timeout=timeout,
            Environment={"Variables": variables},
        )
        return name

    def create_queue(self, *, fifo: bool = False, **attributes: str) -> str:
        name = unique("queue") + (".fifo" if fifo else "")
        fifo_attributes = {"FifoQueue": "true"} if fifo else {}
        sqs = self.client("sqs")
        queue = sqs.create_queue(QueueName=name, Attributes=fifo_attributes | attributes)
        return str(queue["QueueUrl"])

    def map(self, queue_url: str, function_name: str, **options: Any) -> None:
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=queue_arn(queue_url),
            FunctionName=function_name,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **options,
        )

    def count(self, queue_url: str) -> int:
        """Return the messages in a queue, seen or not."""
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=queue_url, AttributeNames=["All"]
        )["Attributes"]
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(attributes[name]) for name in names)

    def receive_all(self, queue_url: str) -> list[dict[str, Any]]:
        """Take and delete what is visible."""
        sqs, messages = self.client("sqs"), []
        while batch := sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            messages += batch
        return messages

    def invoke(self, function_name: str, event: Any = None) -> tuple[Any, dict[str, Any]]:
        """Return the parsed payload and the whole answer."""
        answer = self.client("lambda").invoke(
            FunctionName=function_name, Payload=json.dumps(event), LogType="Tail"
        )
        return json.loads(answer["Payload"].read()), answer


def _empty_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("empty.txt", "the host runs the working tree")
    return buffer.getvalue()


EMPTY_ZIP = _empty_zip()


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def queue_arn(queue_url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue_url.rpartition('/')[2]}"


def redrive(dead_letters_url: str, *, after: int) -> str:
    return json.dumps(
        {"deadLetterTargetArn": queue_arn(dead_letters_url), "maxReceiveCount": after}
    )


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def end(process: Process | None, signal_number: int) -> None:
    if process and process.poll() is None:
        os.kill(process.pid, signal_number)
    if process:
        process.wait(timeout=60)
