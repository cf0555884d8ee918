"""What services that copy streams answer alike: refusals, checksums, lists of keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from event_contracts.checksums import Checksum, KeyDigest, KeyList, checksum_of, digest_of
from event_contracts.plain_values import to_plain
from extracted_services.lambda_support import edge_callers
from extracted_services.lambda_support.responding import json_response, problem
from extracted_services.read_models.parameters import BadParameter, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extracted_services.lambda_support.responding import Request, Response

# Copies read at the same time: they are waited for, not worked on.
READING_THREADS = 8

Store = TypeVar("Store")


class NotComplete(Exception):
    """Nothing, or not everything, is known of what was asked: somebody else has to answer."""

    def __init__(self, what: str, complaint: str) -> None:
        """Say in a word what is not complete, a "history" say, and why."""
        super().__init__(complaint)
        self.what = what


def answer(
    request: Request, answers: Mapping[str, Callable[[Request, Store], Any]], *, kept_in: Store
) -> Response:
    """Answer a request out of a store, by the function that its route has among `answers`."""
    try:
        return json_response(to_plain(answers[request.route](request, kept_in)))
    except edge_callers.TokenExpired:
        return edge_callers.renewal_problem()
    except BadParameter as error:
        return problem(
            400, "bad-parameter", "Bad parameter", detail=str(error), parameter=error.name
        )
    except NotComplete as error:
        title = f"{error.what.capitalize()} not complete"
        return problem(404, f"{error.what}-not-complete", title, detail=str(error))


def checksum(
    keys: Sequence[str], pages_of: Callable[[str], tuple[int, Sequence[object]]]
) -> Checksum:
    """Sum up the whole answers about these keys, as whoever asks for all pages would get them.

    `pages_of` gives the version and the pages. A key whose copy is incomplete, or just changing,
    (it raises NotComplete) has no version and counts for nothing.
    """

    def digest(key: str) -> KeyDigest:
        try:
            version, pages = pages_of(key)
        except NotComplete:
            return KeyDigest(key=key)
        return KeyDigest(key=key, version=version, digest=digest_of(key, pages))

    with ThreadPoolExecutor(READING_THREADS) as threads:
        return checksum_of(threads.map(digest, keys))


def list_keys(
    after: str | None, list_some: Callable[[str | None], tuple[list[str], str | None]]
) -> KeyList:
    """List some of the keys of which anything is kept, complete or not.

    Raises:
        BadParameter: `after` is not the `next` of another list.
    """
    keys, following = read("after", after, list_some)
    return KeyList(keys=tuple(keys), next=following)
