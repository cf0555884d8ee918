"""What AWS Lambda calls of a service that copies streams: events in, answers out."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from extracted_services.lambda_support.code_digest import build_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger
from extracted_services.lambda_support.responding import respond
from extracted_services.read_models import answering
from extracted_services.read_models.projecting import VersionGap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from event_contracts.envelope import Envelope
    from extracted_services.lambda_support.responding import Request, Response
    from extracted_services.read_models.projecting import Outcome

Store = TypeVar("Store")
Kept_contra = TypeVar("Kept_contra", contravariant=True)


class Project(Protocol[Kept_contra]):
    """Applies one event to the copy that it belongs to, and says what became of it."""

    def __call__(self, envelope: Envelope, *, kept_in: Kept_contra) -> Outcome:
        """Apply it."""


class ReadModelService(Generic[Store]):
    """One service: its package, where it keeps its copies, and what it does with them.

    `connect` is given the table's name; `reads` and `snapshots` are as `Consumer` wants them;
    `answers` has a function for each route.
    """

    def __init__(
        self,
        package: str,
        *,
        connect: Callable[[str], Store],
        project: Project[Store],
        reads: Collection[str],
        snapshots: Collection[str],
        answers: Mapping[str, Callable[[Request, Store], object]],
    ) -> None:
        """Wire a service; nothing is connected before the first call."""
        self._package, self._connect, self._project = package, connect, project
        self._reads, self._snapshots, self._answers = reads, snapshots, answers
        self._logger = structured_logger(package.rpartition(".")[2])

    def on_events(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Project a batch of a FIFO queue; the answer names the messages to deliver again."""
        return self.consumer(self.store).consume(event)

    def on_request(self, event: dict[str, Any], context: Any) -> Response:
        """Answer a request; each answer says which code gave it."""
        answer = partial(self.answer, kept_in=self.store)
        return respond(event, context, answer, self._logger, build=self._build)

    def consumer(self, kept_in: Store) -> Consumer:
        """Return the consumer that keeps its copies in this store."""
        return Consumer(
            handle=partial(self._project, kept_in=kept_in),
            reads=self._reads,
            snapshots=self._snapshots,
            logger=self._logger,
            expected_failures={VersionGap: "gap"},
        )

    def answer(self, request: Request, *, kept_in: Store) -> Response:
        """Answer one request out of this store."""
        return answering.answer(request, self._answers, kept_in=kept_in)

    @cached_property
    def store(self) -> Store:
        """The store of the deployed service, connected at the first use."""
        return self._connect(os.environ["TABLE_NAME"])

    @cached_property
    def _build(self) -> str:
        return build_of(self._package)
