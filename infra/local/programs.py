"""Every process of a running shop, one function each."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from infra.local import postgres as server
from infra.local import readiness
from infra.local.processes import Program
from infra.local.site import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from infra.local.site import Site

AWS_PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"
_TRICKLE_SECONDS = "2"


def postgres(site: Site) -> Program:
    """The database of the monolith."""
    port, data = site.postgres_port, site.state_dir / "postgres"
    return Program(
        name="postgres",
        command=(sys.executable, "-m", "infra.local.postgres", f"--data={data}", f"--port={port}"),
        is_ready=lambda: readiness.postgres_answers(server.url(port, "postgres")),
        stop_signal=signal.SIGINT,
        owns_its_end=True,
    )


def lambda_host(site: Site) -> Program:
    """What runs the extracted services' functions."""
    return Program(
        name="lambda-host",
        command=(
            sys.executable,
            "-m",
            "infra.local.lambda_host",
            f"--port={site.lambda_port}",
            f"--code-root={site.services_root}",
            f"--aws-endpoint={site.urls['aws']}",
        ),
        environment=site.environment,
        is_ready=lambda: readiness.http_answers(f"{site.urls['lambda_host']}/health"),
    )


def aws(site: Site) -> Program:
    """The local stand-in for AWS."""
    return Program(
        name="aws",
        command=(
            str(AWS_PYTHON),
            "-m",
            "infra.local.aws",
            f"--port={site.aws_port}",
            f"--state-dir={site.state_dir / 'aws'}",
            f"--lambda-host={site.urls['lambda_host']}",
        ),
        is_ready=lambda: readiness.http_answers(f"{site.urls['aws']}/_ministack/health"),
    )


def web(site: Site) -> Program:
    """The shop and its admin."""
    return Program(
        name="web",
        command=(
            sys.executable,
            "-m",
            "gunicorn",
            "monolith.config.wsgi",
            f"--bind=127.0.0.1:{site.web_port}",
            "--worker-class=gthread",
            "--workers=1",
            "--threads=8",
            "--keep-alive=75",
            "--no-control-socket",
        ),
        environment=site.environment,
        is_ready=lambda: readiness.http_answers(f"{site.urls['web']}/healthz"),
    )


def worker(site: Site) -> Program:
    """Celery's worker, with the outbox relay in it."""
    return Program(
        name="worker",
        command=(
            sys.executable,
            "-m",
            "celery",
            "--app=monolith.config.celery",
            "worker",
            "--pool=threads",
            "--concurrency=4",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=INFO",
        ),
        environment={
            **site.environment,
            "OUTBOX_METRICS_PORT": str(site.worker_metrics_port),
        },
    )


def beat(site: Site) -> Program:
    """Celery's clock."""
    return Program(
        name="beat",
        command=(
            sys.executable,
            "-m",
            "celery",
            "--app=monolith.config.celery",
            "beat",
            f"--schedule={site.state_dir / 'beat-schedule'}",
            "--loglevel=WARNING",
        ),
        environment=site.environment,
    )


def trade(site: Site, file: Path) -> Program:
    """Live trade, one invoice every few seconds, until the file ends."""
    return Program(
        name="trade",
        ends_by_itself=True,
        command=(
            sys.executable,
            "manage.py",
            "replay_trade",
            str(file),
            f"--pace={_TRICKLE_SECONDS}",
        ),
        environment=site.environment,
    )


def reads(site: Site, words: Sequence[str], *, ended: Callable[[int], None]) -> Program:
    """The reads of a new shop on their way to the services, while the monolith answers them."""
    return Program(
        name="reads",
        command=(sys.executable, "manage.py", "move_local_reads", *words),
        environment=site.environment,
        ended=ended,
    )
