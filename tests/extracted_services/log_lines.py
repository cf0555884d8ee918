"""A logger whose lines a test can read."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

from extracted_services.lambda_support.observability import structured_logger


class LogLines:
    """Collects the lines of one logger, as CloudWatch would get them."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.service = f"service-{uuid4().hex}"
        self.logger = structured_logger(self.service, stream=self._stream)

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]
