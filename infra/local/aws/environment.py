"""ministack is configured by environment variables that it reads at import: set them first."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def prepare(*, port: int, state_folder: Path, region: str) -> None:
    """Point everything ministack writes into the state folder, and everything it opens to loopback.

    Call before the first import of ministack.
    """
    temporary = fresh_temporary_folder(state_folder)
    os.environ.update(
        AUTH="false",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL="WARNING",
        MINISTACK_REGION=region,
        PERSIST_STATE="1",
        S3_DATA_DIR=str(state_folder / "s3"),
        S3_PERSIST="1",
        SFTP_ENABLED="0",
        STATE_DIR=str(state_folder / "live"),
        TMPDIR=str(temporary),
    )
    tempfile.tempdir = str(temporary)
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.WARNING)


def fresh_temporary_folder(state_folder: Path) -> Path:
    """Return an empty folder for temporary files, swept of what a killed run left."""
    folder = state_folder / "tmp"
    sweep(folder)
    folder.mkdir(parents=True)
    return folder


def sweep(folder: Path) -> None:
    """Remove a folder and all in it, if it is there."""
    for entry in sorted(folder.rglob("*"), reverse=True):
        if entry.is_dir() and not entry.is_symlink():
            entry.rmdir()
        else:
            entry.unlink()
    if folder.exists():
        folder.rmdir()
