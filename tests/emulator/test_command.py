from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
import requests
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.management.commands.clerk_emulator import Command, make_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.emulator.server_settings",
        "EMULATOR_TEST_DIR": str(tmp_path / ".clerk"),
    }
    return {**os.environ, **settings, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


class TestTheServer:
    @pytest.fixture
    def origin(self, emulator: Emulator) -> Iterator[str]:
        server = make_server(0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()

    def test_it_serves_the_emulator_and_not_the_project(self, origin: str, emulator: Emulator) -> None:
        emulator.seed_users(1)
        key = {"Authorization": f"Bearer {emulator.credentials.secret_key}"}
        with requests.Session() as session:
            session.trust_env = False
            users = session.get(f"{origin}/__clerk_api/v1/users", headers=key, timeout=10).json()
            assert users[0]["first_name"] == "Ada"
            assert "Ada Lovelace" in session.get(f"{origin}/__clerk/sign-in", timeout=10).text
            assert session.get(f"{origin}/language/", timeout=10).status_code == 404

    def test_a_site_on_another_port_has_its_handshakes_here(self, origin: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            query = {"redirect_url": "http://localhost:8000/dashboard/?a=b", "suffixed_cookies": "true"}
            answer = session.get(
                f"{origin}/__clerk/v1/client/handshake", params=query, allow_redirects=False, timeout=10
            )
        assert answer.status_code == 307
        assert answer.headers["Location"].startswith("http://localhost:8000/dashboard/?a=b&__clerk_handshake=")
        assert answer.headers["Cache-Control"] == "no-store"
        assert [(cookie.name, cookie.path) for cookie in answer.cookies] == [("__client", "/__clerk/")]

    def test_it_listens_on_this_machine_only(self, emulator: Emulator) -> None:
        server = make_server(0)
        assert server.server_address[0] == "127.0.0.1"
        server.server_close()


def test_the_command_prints_the_keys_and_serves(environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "clerk_emulator", "--port", "0", "--seed", "3"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "Control-C" in line:
                break
        values = dict(line.split("=", 1) for line in printed.splitlines() if line.startswith("CLERK_"))
        assert "3 users added, 3 in all." in printed
        key = {"Authorization": f"Bearer {values['CLERK_SECRET_KEY']}"}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{values['CLERK_API_URL']}/v1/users/count", headers=key, timeout=10)
        assert answer.json() == {"object": "total_count", "total_count": 3}
        assert values["CLERK_PROXY_URL"] == values["CLERK_API_URL"].replace("__clerk_api", "__clerk")
        assert values["CLERK_WEBHOOK_SIGNING_SECRET"].startswith("whsec_")
        assert values["CLERK_PUBLISHABLE_KEY"].startswith("pk_test_")
    finally:
        process.terminate()
        process.communicate(timeout=30)


class TestOtherSites:
    """Whom it serves is said with --origin: the settings are those of another site."""

    @pytest.fixture
    def values(self, environment: dict[str, str]) -> Iterator[dict[str, str]]:
        origins = ("--origin", "http://localhost:8766", "--origin", "http://127.0.0.1:3000")
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "clerk_emulator", "--port", "0", "--seed", "1", *origins],
            env={**environment, "CLERK_AFTER_SIGN_IN_URL": "dashboard"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line.strip())
            if "Control-C" in line:
                break
        yield dict(line.split("=", 1) for line in printed if line.startswith("CLERK_"))
        process.terminate()
        process.communicate(timeout=30)

    def test_links_tokens_and_pages_are_theirs(self, values: dict[str, str]) -> None:
        key = {"Authorization": f"Bearer {values['CLERK_SECRET_KEY']}"}
        api, page = f"{values['CLERK_API_URL']}/v1", values["CLERK_SIGN_IN_URL"]
        with requests.Session() as session:
            session.trust_env = False
            user_id = session.get(f"{api}/users", headers=key, timeout=10).json()[0]["id"]
            made = session.post(f"{api}/sign_in_tokens", headers=key, json={"user_id": user_id}, timeout=10).json()
            assert made["url"].startswith(f"{values['CLERK_PROXY_URL']}/v1/tickets/accept?")
            arrival = session.get(made["url"], timeout=10)
            assert arrival.url.startswith(f"{page}?__clerk_ticket=")
            assert "Ada Lovelace" in arrival.text
            assert "--origin" not in arrival.text
            assert 'href="http://localhost:8766/"' in arrival.text
            assert (
                "<code>--origin</code>" in session.get(f"{page}?redirect_url=http://localhost:9999/", timeout=10).text
            )
            assert session.get(f"{page}?redirect_url=http://[", timeout=10).status_code == 200
            fields = {
                "csrfmiddlewaretoken": re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', arrival.text)[0],
                "ticket": made["token"],
            }
            answer = session.post(page, fields, allow_redirects=False, timeout=10)
            assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost:8766/")
            own = session.post(f"{api}/sessions", headers=key, json={"user_id": user_id}, timeout=10).json()["id"]
            token = session.post(f"{api}/sessions/{own}/tokens", headers=key, timeout=10).json()["jwt"]
            assert jwt.decode(token, options={"verify_signature": False})["azp"] == "http://localhost:8766"
            shown = session.get(f"{values['CLERK_PROXY_URL']}/v1/environment", timeout=10).json()["display_config"]
            assert (shown["sign_in_url"], shown["after_sign_in_url"]) == (page, "http://localhost:8766/")

    def test_others_than_of_this_machine_are_refused(self, environment: dict[str, str]) -> None:
        result = manage(environment, "clerk_emulator", "--origin", "https://example.com")
        assert result.returncode == 1
        assert "looks like http://localhost:8000" in result.stderr


def test_it_has_the_settings_of_a_project_and_not_its_urls(environment: dict[str, str]) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "from django_clerk.emulator.instance import get_emulator\n"
        "user = get_emulator().seed_users(1)[0]\n"
        "print(Client().post('/__clerk/sign-in', {'user_id': user['id']}, headers={'host': 'localhost'})['Location'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "CLERK_AFTER_SIGN_IN_URL": "dashboard"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout == "/\n", result.stderr


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no signals for threads")
def test_control_c_ends_it_in_peace(emulator: Emulator) -> None:
    output = io.StringIO()
    statuses: list[int] = []

    def visit_and_interrupt(main: int) -> None:
        while "Control-C" not in output.getvalue():
            time.sleep(0.02)
        page = re.search(r"http://localhost:[0-9]+/__clerk/sign-in", output.getvalue())
        assert page is not None
        with requests.Session() as session:
            session.trust_env = False
            statuses.append(session.get(page[0], timeout=10).status_code)
        signal.pthread_kill(main, signal.SIGINT)

    visitor = threading.Thread(target=visit_and_interrupt, args=(threading.get_ident(),))
    visitor.start()
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        call_command(Command(), port=0, seed=2, webhook_url="/hooks/busy/", stdout=output)
    visitor.join()
    assert statuses == [200]
    assert "2 users added, 2 in all." in output.getvalue()
    assert emulator.webhook_address == "/hooks/busy/"


def test_a_port_in_use_is_an_error(emulator: Emulator) -> None:
    server = make_server(0)
    try:
        with pytest.raises(CommandError, match="cannot be used"):
            call_command(Command(), port=server.server_port)
    finally:
        server.server_close()


def test_a_port_in_use_is_said(environment: dict[str, str], emulator: Emulator) -> None:
    server = make_server(0)
    try:
        result = manage(environment, "clerk_emulator", "--port", str(server.server_port))
    finally:
        server.server_close()
    assert result.returncode == 1
    assert f"Port {server.server_port} cannot be used" in result.stderr


def test_webhooks_to_elsewhere_are_refused(environment: dict[str, str]) -> None:
    result = manage(environment, "clerk_emulator", "--webhook-url", "https://example.com/")
    assert result.returncode != 0
    assert "delivers nothing to other machines" in result.stderr


class TestAProject:
    def test_it_passes_its_checks(self, environment: dict[str, str]) -> None:
        result = manage(environment, "check")
        assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")

    def test_a_live_key_in_the_environment_stops_every_command(self, environment: dict[str, str]) -> None:
        result = manage({**environment, "CLERK_SECRET_KEY": "sk_live_abc"}, "check")
        assert result.returncode != 0
        assert "does not run beside a live key" in result.stderr
        assert "sk_live_abc" not in result.stderr

    def test_it_needs_no_migrations(self, environment: dict[str, str]) -> None:
        result = manage(environment, "makemigrations", "--check", "clerk_emulator")
        assert "No" in result.stdout

    def test_the_client_reaches_it_without_a_server(self, environment: dict[str, str]) -> None:
        code = (
            "import django; django.setup()\n"
            "from django.conf import settings\n"
            "from django_clerk.api import ClerkClient\n"
            "print(ClerkClient(settings.CLERK_SECRET_KEY, base_url=settings.CLERK_API_URL).jwks()['keys'][0]['kid'])"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
        )
        assert result.stdout.startswith("ins_"), result.stderr
