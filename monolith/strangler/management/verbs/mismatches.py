"""`manage.py strangler mismatches`: what disagrees, where, how often, and whether it still does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from event_contracts.plain_values import from_plain
from monolith.strangler import mismatches, registry
from monolith.strangler.comparison.outcomes import KEPT
from monolith.strangler.management import speaking
from monolith.strangler.mismatches import sealing
from monolith.strangler.shadowing.hooks import HookFailed
from monolith.strangler.shadowing.looking import fresh_look

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from datetime import datetime

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import Sample, Signature

ERROR, REFUSED = 1, 2
_REFUSALS = (
    mismatches.ReasonTooShort,
    mismatches.SampleNotFound,
    mismatches.SampleNotSealed,
    mismatches.SignatureNotFound,
    sealing.NoSamplesKey,
    sealing.SealBroken,
)


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "mismatches", help="what did not agree, grouped; values only on demand"
    )
    parser.add_argument("path")
    parser.add_argument("--kind", choices=sorted(KEPT), help="of one outcome only")
    parser.add_argument("--signature", help="one signature, with its samples")
    parser.add_argument(
        "--recheck", action="store_true", help="ask the samples' questions again, of both sides"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--explain", metavar="NOTE", help="say what the signature comes from")
    parser.add_argument("--owner", default="", help="who sees to it (default: you)")
    parser.add_argument(
        "--reveal", type=int, metavar="SAMPLE", help="show a sample's values; needs --reason"
    )
    parser.add_argument("--reason", default="", help="why values are revealed: it is kept")
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Do the one thing that the options say."""
    path = options["path"]
    try:
        registry.get_path(path)
        _choose(options)(command, path, options)
    except registry.PathNotDeclared as error:
        raise CommandError(str(error), returncode=ERROR) from error
    except _REFUSALS as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def _choose(options: dict[str, Any]) -> Any:
    if options["reveal"] is not None:
        return _reveal
    if options["explain"] is not None:
        return _explain
    if options["recheck"]:
        return _recheck
    return _show if options["signature"] else _list


def _list(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    signatures = mismatches.list_signatures(path, outcome=options["kind"])
    if options["json"]:
        speaking.print_json(command, [_facts(each) for each in signatures])
        return
    for signature in signatures:
        _write_signature(command, signature)
    if not signatures:
        command.stdout.write("no mismatches")


def _show(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    signature = mismatches.get_signature(path, options["signature"])
    samples = mismatches.list_samples(signature, at=timezone.now())
    if options["json"]:
        facts = {**_facts(signature), "samples": [_sample_facts(sample) for sample in samples]}
        speaking.print_json(command, facts)
        return
    _write_signature(command, signature)
    for sample in samples:
        _write_sample(command, sample)


def _explain(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    signature = mismatches.explain(
        path,
        _named_signature(options),
        speaking.who({"actor": "", "reason": options["explain"]}),
        owner=speaking.actor(options["owner"]),
    )
    command.stdout.write(f"{signature} is explained by {signature.owner}: {signature.note}")


def _reveal(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    revealed = mismatches.reveal(
        options["reveal"],
        by=speaking.actor(),
        reason=options["reason"],
        at=timezone.now(),
        path=path,
    )
    facts = {
        "query": revealed.query,
        "monolith": revealed.monolith,
        "service": revealed.service,
    }
    speaking.print_json(command, facts)


def _recheck(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    signatures = (
        [mismatches.get_signature(path, options["signature"])]
        if options["signature"]
        else mismatches.list_signatures(path, outcome=options["kind"])
    )
    now = timezone.now()
    for signature in signatures:
        for sample in mismatches.list_samples(signature, at=now):
            outcome = _asked_again(path, sample)
            command.stdout.write(f"{signature.digest} sample {sample.pk}: {outcome}")


def _asked_again(path_name: str, sample: Sample) -> str:
    path = registry.get_path(path_name)
    if path.query_class is None:
        return "cannot be asked again: the path does not say what its questions are made of"
    query = from_plain(path.query_class, mismatches.question_of(sample))
    try:
        judged = fresh_look(path, query).judged
    except HookFailed as error:
        return f"cannot be compared: {error.hook} raises"
    return (
        f"{judged.outcome} (monolith {judged.monolith_version}, service {judged.service_version})"
    )


def _named_signature(options: dict[str, Any]) -> str:
    if not options["signature"]:
        raise CommandError("say which --signature", returncode=REFUSED)
    return str(options["signature"])


def _write_signature(command: BaseCommand, signature: Signature) -> None:
    said = f" by {signature.owner}: {signature.note}" if signature.status != mismatches.OPEN else ""
    command.stdout.write(
        f"{signature.digest} {signature.outcome} x {signature.count}, "
        f"{len(signature.subjects)} subjects, {_instant(signature.first_at)} to "
        f"{_instant(signature.last_at)}, {signature.status}{said}"
    )
    for place in signature.places:
        command.stdout.write(f"  {place}")


def _write_sample(command: BaseCommand, sample: Sample) -> None:
    command.stdout.write(
        f"sample {sample.pk}, {_instant(sample.at)}, {sample.query}: "
        f"monolith {sample.monolith_version}, service {sample.service_version}"
    )
    for each in sample.differences:
        command.stdout.write(
            f"  {each['place'] or 'the answer'} {each['kind']}: "
            f"{each['monolith']} | {each['service']}"
        )


def _facts(signature: Signature) -> dict[str, Any]:
    return {
        "signature": signature.digest,
        "outcome": signature.outcome,
        "places": signature.places,
        "count": signature.count,
        "subjects": len(signature.subjects),
        "first_at": signature.first_at.isoformat(),
        "last_at": signature.last_at.isoformat(),
        "status": signature.status,
        "owner": signature.owner,
        "note": signature.note,
    }


def _sample_facts(sample: Sample) -> dict[str, Any]:
    return {
        "sample": sample.pk,
        "at": sample.at.isoformat(),
        "shape": sample.query,
        "monolith_version": sample.monolith_version,
        "service_version": sample.service_version,
        "differences": sample.differences,
        "looks": sample.looks,
    }


def _instant(at: datetime) -> str:
    return timezone.localtime(at).isoformat(sep=" ", timespec="seconds")
