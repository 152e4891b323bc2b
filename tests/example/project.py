"""The example project, run as a newcomer runs it: ``python example_project/manage.py``, in processes of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import requests

from example_project.demo.tour.visitor import Browser, Program

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "example_project" / "manage.py")]
PATIENCE = 120


def environment(temporary: Path, **extra: str) -> dict[str, str]:
    """Return a newcomer's environment: no Clerk of theirs, no settings of these tests, temporary files in our sight."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLERK_", "EXAMPLE_"))}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    # Without JavaScript there is only the plain sign-in page, whether or not Clerk's own box could be had.
    return {**kept, "PYTHONPATH": path, "TMPDIR": str(temporary), "EXAMPLE_PLAIN_SIGN_IN": "1", **extra}


def manage(*arguments: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project from some other folder, and wait for it."""
    return subprocess.run(
        [*MANAGE, *arguments],
        cwd=cwd,
        env=environment(cwd, **extra),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


class Site:
    """The site as ``demo --port`` serves it, on a state of its own."""

    def __init__(self, port: int, log: Path) -> None:
        self.origin = f"http://localhost:{port}"
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def browser(self) -> Browser:
        return Browser(self.origin)

    def signed_in(self, name: str) -> Browser:
        """Return the browser of somebody who has signed in through the sign-in page."""
        browser = self.browser()
        arrival = browser.press(browser.get("/dashboard/", follow=True), f"{name}@example.com")
        assert arrival.status_code == 302, arrival.text
        return browser

    @property
    def back_office(self) -> Program:
        """Whatever has the secret key, and calls Clerk's Backend API with it."""
        keys = json.loads((self._log.parent / ".clerk" / "instance.json").read_text(encoding="utf-8"))
        return Program(f"{self.origin}/__clerk_api/", keys["secret_key"])

    def program(self, browser: Browser | str) -> Program:
        """Return a program for somebody who has signed in, with a token that outlives these tests."""
        path = f"v1/sessions/{self.claims(browser)['sid']}/tokens"
        return Program(self.origin, self.back_office.post(path, {"expires_in_seconds": 3600}).json()["jwt"])

    def claims(self, browser: Browser | str) -> dict[str, Any]:
        """Return what the session token of somebody says."""
        signed_in = self.signed_in(browser) if isinstance(browser, str) else browser
        return jwt.decode(signed_in.token, options={"verify_signature": False})

    def answers(self) -> bool:
        try:
            return self.browser().get("/").ok
        except requests.ConnectionError:
            return False


@contextmanager
def served(folder: Path, **extra: str) -> Iterator[Site]:
    """Serve the site as long as the block lasts, with something more in its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "site.log"
    settings = environment(folder, EXAMPLE_STATE_DIR=str(folder), **extra)
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [*MANAGE, "demo", "--port", str(port)], env=settings, stdout=output, stderr=subprocess.STDOUT
        )
        site = Site(port, log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not site.answers():
                assert process.poll() is None, f"The site ended: {site.output}"
                assert time.monotonic() < deadline, f"The site does not answer: {site.output}"
                time.sleep(0.1)
            yield site
        finally:
            process.terminate()
            process.wait(PATIENCE)
        assert not site.answers(), "demo --port has ended, and the process that served the site has not."
