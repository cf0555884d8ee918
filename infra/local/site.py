"""Where everything of one running shop is: ports, addresses, and what its processes are told."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from infra.local import letters, postgres
from infra.local.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """The addresses of one shop; the usual ports, or free ones where they are taken."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        # Where the extracted services' code is run from: a test deploys another version of it.
        self.services_root = Path(os.environ.get("BANYAN_SERVICES_ROOT", ROOT))
        self.web_port = free_port(8000)
        self.aws_port = free_port(14566)
        self.lambda_port = free_port(14567)
        self.postgres_port = free_port(15432)
        self.worker_metrics_port = free_port(14568)

    @cached_property
    def urls(self) -> dict[str, str]:
        """Return the address of each server, by its name in the run file."""
        return {
            "web": f"http://127.0.0.1:{self.web_port}",
            "aws": f"http://127.0.0.1:{self.aws_port}",
            "lambda_host": f"http://127.0.0.1:{self.lambda_port}",
            "worker_metrics": f"http://127.0.0.1:{self.worker_metrics_port}/metrics",
            "postgres": os.environ.get("DATABASE_URL") or postgres.url(self.postgres_port),
        }

    @cached_property
    def environment(self) -> dict[str, str]:
        """Return what Django's processes are told."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.urls["aws"],
            "BANYAN_LOCAL": "yes",
            "BANYAN_STATE_DIR": str(self.state_dir),
            "DATABASE_URL": self.urls["postgres"],
            "ORDERING_ANNOUNCEMENTS": os.environ.get("ORDERING_ANNOUNCEMENTS", "yes"),
            "PYTHONUNBUFFERED": "1",
            "SERVICE_TOKENS": letters.SERVICE_TOKEN,
        }
