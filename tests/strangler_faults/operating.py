"""A process that runs `manage.py strangler` verbs, one line each: it starts Django only once."""

from __future__ import annotations

import shlex
import sys
import traceback

import django
from django.core.management import call_command

DONE, FAILED = "\x01done", "\x01failed"


def main() -> None:
    """Run each line of standard input, and say when it is done."""
    django.setup()
    _say(DONE)
    for line in sys.stdin:
        try:
            call_command(*shlex.split(line))
        except SystemExit as left:
            _say(DONE if not left.code else FAILED)
        except Exception:  # noqa: BLE001 - told to whoever asked
            traceback.print_exc(file=sys.stdout)
            _say(FAILED)
        else:
            _say(DONE)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
