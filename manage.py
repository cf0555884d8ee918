#!/usr/bin/env python
"""Django's command line. While `make up` runs, it finds the running system by itself."""

import os
import sys


def main() -> None:
    """Run one command; a relay records traces."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monolith.config.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:3] == ["outbox", "relay"]:
        from monolith.config import tracing

        tracing.start("manage")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
