"""Asks an extracted service over HTTP, signed, within a budget that really ends, and never twice.

The caller waits for a worker thread, and no longer than its budget: timeouts on sockets start
again with every byte and know nothing of DNS, so only the waiting side can promise an end.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedTooLong
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from django.conf import settings

from event_contracts.plain_values import MalformedValue, from_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_THREADS = 32
_CHUNK_BYTES = 65_536
_OK = 200
_SIGNED_FOR = "execute-api"
_BUILD, _LONGEST_BUILD = "x-build", 64


class ServiceAddressMissing(Exception):
    """There is nobody to ask."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no service is deployed for {path}: it has no address")


class Client(Protocol):
    """What asks a service: the real thing, or what stands in for it in a drill."""

    @property
    def last_build(self) -> str: ...

    def get(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> Any: ...

    def get_answer(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> ServiceAnswer: ...


_stand_ins: dict[str, Client] = {}


class ServiceError(Exception):
    """The service gave no answer that can be used; `reason` is short enough for a header."""

    reason = "error"


class ServiceTimeout(ServiceError):
    """The budget was spent before the answer was complete."""

    reason = "timeout"


class ServiceUnavailable(ServiceError):
    """The service could not be reached, or hung up."""

    reason = "unavailable"


class ServiceRefused(ServiceError):
    """The service answered another status than 200; `problem` ends its RFC 9457 type."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(f"the service answered {status} {problem}".rstrip())
        self.status, self.problem = status, problem
        self.reason = problem or f"status-{status}"


class ServiceAnswerMalformed(ServiceError):
    """The service answered 200 with something else than its contract."""

    reason = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """What a service said, and which build of it: empty where it does not tell."""

    value: Any
    build: str


class ServiceClient:
    """Talks to one service. Safe to share between threads; connections are kept and used again.

    `last_build` is the build that gave the latest answer; empty before the first.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self.last_build = ""
        self._pool = urllib3.PoolManager(maxsize=_THREADS, retries=False)

    def get(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> Any:
        """Return the service's answer as its contract's class; see `get_answer`."""
        return self.get_answer(path, parameters, answer_class=answer_class, deadline=deadline).value

    def get_answer(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> ServiceAnswer:
        """Return the service's answer as its contract's class, and who gave it.

        `deadline` is an instant of `time.monotonic()`; this returns or raises by then, whatever the
        service, the network or the name server do.

        Raises:
            ServiceTimeout: the deadline came first.
            ServiceUnavailable: it could not be reached.
            ServiceRefused: it answered with another status than 200.
            ServiceAnswerMalformed: it answered with something else.
        """
        url = f"{self._base_url}{quote(path, safe='/,')}"
        if parameters:
            url += f"?{urlencode(sorted(parameters.items()), quote_via=quote)}"
        fetching = _threads().submit(self._fetch, url, deadline)
        try:
            body, build = fetching.result(timeout=max(deadline - time.monotonic(), 0))
        except WaitedTooLong:
            fetching.cancel()
            raise ServiceTimeout("the budget is spent") from None
        self.last_build = build
        return ServiceAnswer(value=_read(body, answer_class), build=build)

    def _fetch(self, url: str, deadline: float) -> tuple[bytes, str]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise ServiceTimeout("the budget was spent waiting for a thread")
        try:
            response = self._pool.request(
                "GET",
                url,
                headers=self._headers(url),
                timeout=urllib3.Timeout(total=seconds),
                redirect=False,
                preload_content=False,
            )
            body = _drain(response, deadline)
        except urllib3.exceptions.NewConnectionError as error:
            raise ServiceUnavailable(str(error)) from error
        except urllib3.exceptions.TimeoutError as error:
            raise ServiceTimeout(str(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise ServiceUnavailable(f"{type(error).__name__}: {error}") from error
        if response.status != _OK:
            raise ServiceRefused(response.status, _problem(body))
        return body, response.headers.get(_BUILD, "")[:_LONGEST_BUILD]

    def _headers(self, url: str) -> dict[str, str]:
        request = AWSRequest(method="GET", url=url, headers={"Accept": "application/json"})
        if credentials := _credentials(settings.AWS_ENDPOINT_URL):
            SigV4Auth(credentials, _SIGNED_FOR, settings.AWS_REGION).add_auth(request)
        return dict(request.headers)


def client_for(name: str) -> Client | None:
    """Return the client of the service behind a path, or None where no address is set."""
    if name in _stand_ins:
        return _stand_ins[name]
    base_url = settings.STRANGLER_SERVICE_URLS.get(name)
    return _client(base_url) if base_url else None


def get_client(name: str) -> Client:
    """Return the client of the service behind a path.

    Raises:
        ServiceAddressMissing: no service is deployed for it.
    """
    client = client_for(name)
    if client is None:
        raise ServiceAddressMissing(name)
    return client


@contextmanager
def standing_in(name: str, client: Client) -> Iterator[None]:
    """Let another client stand in for a path's, in this process."""
    _stand_ins[name] = client
    try:
        yield
    finally:
        del _stand_ins[name]


@cache
def _client(base_url: str) -> ServiceClient:
    return ServiceClient(base_url)


@cache
def _credentials(local_endpoint: str | None) -> Credentials | None:
    """Credentials of the running task on AWS; the ones anybody may know for the local endpoint.

    Asked for in the worker thread only: finding and renewing them may take calls of their own.
    """
    if local_endpoint:
        return Credentials("test", "test")
    return get_session().get_credentials()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="ask-service")


def _drain(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Read the body, and free the thread and the connection when nobody waits for it any more."""
    chunks = []
    try:
        while chunk := response.read1(_CHUNK_BYTES):
            chunks.append(chunk)
            if time.monotonic() > deadline:
                response.close()
                raise ServiceTimeout("the answer came too slowly")
    finally:
        response.release_conn()
    return b"".join(chunks)


def _read(body: bytes, answer_class: type) -> Any:
    try:
        return from_plain(answer_class, json.loads(body))
    except (ValueError, MalformedValue) as error:
        raise ServiceAnswerMalformed(str(error)) from error


def _problem(body: bytes) -> str:
    try:
        kind = json.loads(body)["type"]
    except (ValueError, KeyError, TypeError):
        return ""
    name = kind.rpartition("/")[2] if isinstance(kind, str) else ""
    # It goes into a header: nothing but a name may.
    return name if name.replace("-", "").isalnum() and name.isascii() else ""
