"""`python -m infra.local.aws --port P --state-dir DIR --lambda-host URL`."""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.local.aws import environment
from infra.local.aws.generations import StateFolder
from infra.local.aws.parent_death import stop_with_parent


def parse_arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description="Runs AWS on this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--lambda-host", required=True)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--checkpoint-seconds", type=float, default=15.0)
    parser.add_argument("--retry-seconds", type=float, default=1.0)
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    arguments = parse_arguments()
    state_folder = arguments.state_dir.resolve()
    folder = StateFolder(state_folder)
    folder.open(port=arguments.port)
    environment.prepare(port=arguments.port, state_folder=state_folder, region=arguments.region)
    # ministack reads its environment as it is imported.
    from infra.local.aws import runner

    runner.run(
        port=arguments.port,
        folder=folder,
        lambda_host=arguments.lambda_host,
        timing=runner.Timing(arguments.checkpoint_seconds, arguments.retry_seconds),
    )
    environment.sweep(state_folder / "tmp")


if __name__ == "__main__":
    stop_with_parent()
    main()
