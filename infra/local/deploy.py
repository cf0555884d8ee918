"""Deploys the committed templates to local AWS: `python -m infra.local.deploy --endpoint URL`.

Does nothing when there is nothing to do. What was deployed is written down for the shop:
`{"topics": {kind: ARN}, "queues": {name: URL}, "services": {name: URL}, ...}`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import letters, packaging
from infra.local.stacks import DeploymentFailed, Template, put_stack, read_templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import S3Client

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
BUCKET = "banyan-code"
EXPORT_PREFIX = "banyan:"
SHOP_ORIGIN = "http://127.0.0.1:8000"
FAILURES = (DeploymentFailed, letters.UnknownStyle, packaging.NotPackable)


class LocalAws:
    """The local endpoint. Its credentials are made up: this never reaches a real account."""

    def __init__(self, endpoint: str, *, region: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._session = boto3.Session("test", "test", region_name=region)
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": 3}, s3={"addressing_style": "path"}
        )

    def client(self, service: Any) -> Any:
        """Connect to one of its services."""
        return self._session.client(service, endpoint_url=self.endpoint, config=self._config)


def deploy(
    aws: LocalAws, templates: Path = TEMPLATES, *, shop_origin: str = SHOP_ORIGIN
) -> dict[str, dict[str, str]]:
    """Bring every stack up to date, say what was done, and return the outputs.

    `shop_origin` is where the pages come from that may read at the edge, and who is called back.

    Raises:
        DeploymentFailed: a stack could not be brought up to date.
        UnknownStyle: see `letters.parameters`.
    """
    cloud_formation = aws.client("cloudformation")
    values = {"Environment": "local", "CodeBucket": BUCKET, "ShopOrigin": shop_origin}
    values |= letters.parameters()
    for template in read_templates(templates):
        began = time.monotonic()
        done = put_stack(cloud_formation, template, values | _code_of(aws, template))
        print(f"{template.stack_name}: {done} ({time.monotonic() - began:.2f} s)")
    pages = cloud_formation.get_paginator("list_exports").paginate()
    exports = {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
    return outputs(exports, endpoint=aws.endpoint)


def outputs(exports: Mapping[str, str], *, endpoint: str) -> dict[str, dict[str, str]]:
    """Turn exports `banyan:<section>:<name>` into sections, with addresses of the endpoint."""
    sections: dict[str, dict[str, str]] = {"topics": {}, "queues": {}, "services": {}}
    for export, value in sorted(exports.items()):
        if export.startswith(EXPORT_PREFIX):
            _, section, name = export.split(":")
            into = sections.setdefault(section, {})
            into[_spell(section, name)] = _address(section, value, endpoint)
    return sections


def _spell(section: str, name: str) -> str:
    # CloudFormation allows no underscore in an export; kinds of streams have a hyphen themselves.
    return name if section == "topics" else name.replace("-", "_")


def _address(section: str, value: str, endpoint: str) -> str:
    if section in {"services", "edges"}:
        # The returned http://<api id>.execute-api.localhost does not resolve everywhere.
        parts = urlsplit(value)
        api_id = (parts.hostname or "").partition(".")[0]
        return f"{endpoint}/_aws/execute-api/{api_id}/$default{parts.path}"
    if section == "queues":
        # A stack remembers the port that the endpoint had when the stack was created.
        return endpoint + urlsplit(value).path
    return value


def _code_of(aws: LocalAws, template: Template) -> dict[str, str]:
    if "CodeKey" not in template.parsed.get("Parameters", {}):
        return {}
    return {"CodeKey": _provide_code(aws, template.name.replace("-", "_"))}


def _provide_code(aws: LocalAws, service: str) -> str:
    packed = packaging.contents(service)
    key = packaging.key_of(service, packed)
    s3 = aws.client("s3")
    if not _is_there(s3, key):
        _provide_bucket(s3)
        s3.put_object(Bucket=BUCKET, Key=key, Body=packaging.zip_of(packed))
        print(f"code: uploaded as {key}")
    return key


def _provide_bucket(s3: S3Client) -> None:
    location: Any = {"LocationConstraint": s3.meta.region_name}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)


def _is_there(s3: S3Client, key: str) -> bool:
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004
            return False
        raise
    return True


def write(deployed: Mapping[str, Any], file: Path) -> None:
    """Write the outputs so that a reader sees the old ones or the new ones."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(deployed, indent=1) + "\n")
    partial.replace(file)


def main() -> int:
    """Deploy; return the exit status."""
    parser = argparse.ArgumentParser(description="Deploys the stacks to local AWS.")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--shop-origin", default=SHOP_ORIGIN, help="whose pages read at the edge")
    arguments = parser.parse_args()
    try:
        deployed = deploy(
            LocalAws(arguments.endpoint, region=arguments.region),
            arguments.templates,
            shop_origin=arguments.shop_origin,
        )
    except (*FAILURES, BotoCoreError, ClientError) as error:
        print(f"deployment failed: {error}", file=sys.stderr)
        return 1
    write(deployed, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
