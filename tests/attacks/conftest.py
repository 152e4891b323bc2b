from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest

#: A token, a signature and a secret key, however they got into a message; and whom the tests' tokens speak of.
SECRETS = re.compile(
    r"eyJ[\w-]{20,}|(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{86,}|VeryUnlikely|whsec_\w+|ada@example\.com", re.ASCII
)


@pytest.fixture(autouse=True)
def _logs_hold_no_secrets(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is thrown at us, and however talkative the logs: nothing in them helps whoever reads them."""
    with caplog.at_level(logging.DEBUG):
        yield
    messages = [record for record in caplog.get_records("call") if record.name != "django.db.backends"]
    for record in messages:
        found = SECRETS.search(record.getMessage())
        assert found is None, f"{record.name} logged {found[0][:20]}…"
