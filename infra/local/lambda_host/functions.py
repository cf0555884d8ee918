"""What the host knows of a function, and the environment AWS promises its process."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a process needs from the machine; nothing else leaks in, so that a variable missing
# from the function's configuration is missing here too.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "COVERAGE_PROCESS_START")

AWS_RUNTIME = ("-m", "awslambdaric")
OWN_RUNTIME = (str(Path(__file__).with_name("own_runtime.py")),)


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function's configuration, as far as running it goes."""

    name: str
    arn: str
    handler: str
    timeout_seconds: float
    memory_mib: int
    version: str = "$LATEST"
    variables: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Function:
        """Read Lambda's own `FunctionConfiguration` shape (`FunctionName`, `Handler`, ...)."""
        variables = (configuration.get("Environment") or {}).get("Variables") or {}
        return cls(
            name=configuration["FunctionName"],
            arn=configuration["FunctionArn"],
            handler=configuration.get("Handler") or _command_of(configuration),
            timeout_seconds=float(configuration.get("Timeout") or 3),
            memory_mib=int(configuration.get("MemorySize") or 128),
            version=configuration.get("Version") or "$LATEST",
            variables=tuple(sorted(variables.items())),
        )

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account_id(self) -> str:
        return self.arn.split(":")[4]


def _command_of(configuration: Mapping[str, Any]) -> str:
    """Return what the entry point of a container image, Lambda's runtime client, is told to run."""
    (handler,) = configuration["ImageConfigResponse"]["ImageConfig"]["Command"]
    return str(handler)


def runtime_command() -> tuple[str, ...]:
    """Return a worker's arguments: AWS's runtime client, or our loop where it has no wheel."""
    return AWS_RUNTIME if find_spec("awslambdaric") else OWN_RUNTIME


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every function: where its code is and which AWS it talks to."""

    code_root: Path
    aws_endpoint: str
    runtime_command: tuple[str, ...] = field(default_factory=runtime_command)


def process_environment(
    function: Function, surroundings: Surroundings, *, runtime_api: str
) -> dict[str, str]:
    """Return the environment variables of a worker process."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return (
        inherited
        | _credentials(function)
        | dict(function.variables)
        | _reserved(function)
        | {
            "AWS_ENDPOINT_URL": surroundings.aws_endpoint,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": str(surroundings.code_root),
            "PYTHONPATH": str(surroundings.code_root),
            # A byte-code file written within the second of an edit of equal length hides the edit.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _credentials(function: Function) -> dict[str, str]:
    # The local AWS reads a 12-digit key as the account; the default account's key is "test".
    key = "test" if function.account_id == "000000000000" else function.account_id
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "test"}


def _reserved(function: Function) -> dict[str, str]:
    """The variables a function cannot set for itself; see the Lambda developer guide."""
    return {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mib),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[{function.version}]",
        "AWS_REGION": function.region,
        "TZ": ":UTC",
    }
