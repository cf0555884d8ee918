"""Names of what a stack exports: the only thing that stacks know of each other.

The local deployment reads them too: `banyan:<section>:<name>` becomes deployed.json's
`{section: {name: value}}`.
"""

from __future__ import annotations

PREFIX = "banyan"
ALARMS = f"{PREFIX}:alarms:topic"
CLAIMS = f"{PREFIX}:buckets:claims"


def topic(stream_kind: str) -> str:
    """Name the ARN of the topic that carries a kind of stream."""
    return f"{PREFIX}:topics:{stream_kind}"


def queue(name: str) -> str:
    """Name the URL of a queue."""
    return f"{PREFIX}:queues:{name}"


def service(name: str) -> str:
    """Name the address of an extracted service's HTTP API."""
    return f"{PREFIX}:services:{name}"


def edge(name: str) -> str:
    """Name the address at which customers read a service without the monolith."""
    return f"{PREFIX}:edges:{name}"


def function(name: str) -> str:
    """Name the ARN of a function that other stacks call."""
    return f"{PREFIX}:functions:{name}"


def key(name: str) -> str:
    """Name the id of a key."""
    return f"{PREFIX}:keys:{name}"
