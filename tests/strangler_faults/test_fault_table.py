"""Each fault on a running shop: what did customers see, when was it found, when was it off?"""

from __future__ import annotations

import pytest

from tests.strangler_faults import proxy
from tests.strangler_faults.suffering import suffer

pytestmark = [pytest.mark.platform, pytest.mark.faults, pytest.mark.timeout(600)]


def test_service_that_answers_errors(testbed, report):
    testbed.stand("canary-50")

    def begin():
        testbed.proxy.fault = proxy.sometimes(0.05, proxy.error)

    report(suffer(testbed, "5 % errors", "canary-50", begin))
