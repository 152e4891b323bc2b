"""The site under an ASGI server, with Channels: whoever is signed in is told at once that somebody has published."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from example_project.demo.tour.visitor import Browser

from .project import PATIENCE, ROOT, Site, environment, manage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("live")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = {"EXAMPLE_STATE_DIR": str(folder), "EXAMPLE_ORIGIN": f"http://localhost:{port}"}
    for command in (["migrate"], ["shell", "--no-imports", "-c", "from demo.seeds import move_in; move_in()"]):
        done = manage(*command, cwd=folder, **where)
        assert done.returncode == 0, done.stdout + done.stderr
    log = folder / "site.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "example.asgi:application"],
            cwd=ROOT / "example_project",
            env=environment(folder, **where),
            stdout=output,
            stderr=subprocess.STDOUT,
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


def address(site: Site) -> str:
    return f"{site.origin.replace('http', 'ws')}/ws/posts/"


def cookie(browser: Browser) -> dict[str, str]:
    return {"Cookie": browser.cookie_header}


def test_a_stranger_gets_no_socket(site: Site) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(address(site), origin=site.origin):
        pass
    assert caught.value.response.status_code == 403


def test_a_page_of_another_site_gets_none_with_one_s_cookies(site: Site) -> None:
    headers = cookie(site.signed_in("ada"))
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(address(site), origin="https://evil.example", additional_headers=headers),
    ):
        pass
    assert caught.value.response.status_code == 403


def test_who_is_signed_in_is_told_of_a_new_post(site: Site) -> None:
    ada, grace = site.signed_in("ada"), site.signed_in("grace")
    with connect(address(site), origin=site.origin, additional_headers=cookie(ada)) as told:
        grace.press(grace.get("/dashboard/"), "Publish", title="Just now", body="Text")
        assert json.loads(told.recv(timeout=PATIENCE)) == {"title": "Just now", "url": "/posts/1/"}


def test_pages_load_the_script_for_whoever_is_signed_in(site: Site) -> None:
    script = "/static/posts/live.js"
    assert script in site.signed_in("ada").get("/").text
    assert script not in site.browser().get("/").text
    assert site.browser().get(script).status_code == 200
