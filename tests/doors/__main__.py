"""Knocks at every door, in a database of its own, and prints the table."""

from __future__ import annotations

import logging
import os

import django
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.doors.report import measured, table  # noqa: E402

logging.disable()
setup_test_environment()
databases = setup_databases(verbosity=0, interactive=False)
try:
    print(table(measured))
finally:
    teardown_databases(databases, verbosity=0)
