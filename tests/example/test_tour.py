"""``demo --tour`` itself: that it ends well, that it can end badly, and that nothing is left of it."""

from __future__ import annotations

import re
import socket

import pytest
import requests

from .project import manage

pytestmark = pytest.mark.slow


def test_every_step_ends_as_promised_and_nothing_is_left_behind(tmp_path):
    done = manage("demo", "--tour", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "all as promised" in done.stdout
    assert len(re.findall(r"^  (✓|ok) ", done.stdout, re.MULTILINE)) >= 25
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(requests.ConnectionError):
        requests.get(origin_of(done.stdout), timeout=5)


def test_a_step_that_goes_wrong_is_shown_and_ends_the_tour_with_an_error(tmp_path):
    """The environment has the site look for roles where none are: the admin is refused, which is not the promise."""
    done = manage("demo", "--tour", cwd=tmp_path, CLERK_ROLE_CLAIM="metadata.rank")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"403\s+Ada.*/admin-area/: should be 200", done.stdout), done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_site_that_does_not_start_is_shown_too(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = manage("demo", "--tour", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "The site did not start" in done.stdout
    assert "port is already in use" in done.stdout
    assert list(tmp_path.iterdir()) == []


def origin_of(output: str) -> str:
    match = re.search(r"http://localhost:\d+", output)
    assert match is not None, output
    return match.group()
