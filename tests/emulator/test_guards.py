"""Each guard alone must keep the local Clerk from running: every test takes away one thing and nothing else."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory, override_settings

from django_clerk.checks.tokens import check_tokens
from django_clerk.emulator.apps import ClerkEmulatorConfig
from django_clerk.emulator.checks import check_emulator
from django_clerk.emulator.guards import refusal, refuse_real_keys, safe_target
from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.management.commands.clerk_emulator import make_server
from django_clerk.wiring import get_instance, get_verifier
from tests.emulator.calls import in_process

WRONG_SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("E001", {"CLERK_EMULATOR": False}),
    ("E001", {"CLERK_EMULATOR": 1}),
    ("E001", {"CLERK_EMULATOR": "true"}),
    ("E002", {"CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG": False}),
    ("E002", {"CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG": "yes"}),
    ("E003", {"CLERK_SECRET_KEY": "sk_live_abc"}),
    ("E003", {"CLERK_PUBLISHABLE_KEY": "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"}),
    ("E003", {"CLERK_MACHINE_KEYS": ["ak_1", "sk_live_abc"]}),
    ("E003", {"NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY": "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"}),
    ("E004", {"CLERK_PUBLISHABLE_KEY": "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"}),
    ("E004", {"CLERK_PUBLISHABLE_KEY": "nonsense"}),
]


@pytest.fixture(params=WRONG_SETTINGS, ids=lambda wrong: f"{wrong[0]}-{next(iter(wrong[1]))}")
def wrong(request: pytest.FixtureRequest) -> Any:
    identifier, settings = request.param
    with override_settings(**settings):
        yield identifier


@pytest.mark.parametrize(
    ("switched_on", "debug", "may_run"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_the_package_takes_no_local_key_in_production(switched_on: bool, debug: bool, may_run: bool) -> None:
    """With another process's local Clerk, or after the switch was forgotten: no request is served with such a key."""
    with override_settings(CLERK_EMULATOR=switched_on, DEBUG=debug):
        if may_run:
            assert get_instance() is not None
            return
        with pytest.raises(ImproperlyConfigured, match="local Clerk"):
            get_instance()
        with pytest.raises(ImproperlyConfigured, match="local Clerk"):
            get_verifier()
        assert "django_clerk.E004" in [finding.id for finding in check_tokens()]


class TestSettings:
    def test_the_right_ones_have_no_findings(self) -> None:
        assert check_emulator() == []

    def test_a_check_finds_the_wrong_ones(self, wrong: str) -> None:
        findings = [finding for finding in check_emulator() if finding.id == f"clerk_emulator.{wrong}"]
        assert len(findings) == 1
        assert findings[0].level >= 40, "an error, not a warning"
        assert findings[0].hint

    @pytest.mark.usefixtures("wrong")
    @pytest.mark.parametrize("module", ["django_clerk.emulator.urls", "django_clerk.emulator.api_urls"])
    def test_the_urls_cannot_be_imported(self, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(sys.modules, module, raising=False)
        with pytest.raises(ImproperlyConfigured):
            importlib.import_module(module)

    @pytest.mark.usefixtures("wrong")
    @pytest.mark.parametrize(
        "path", ["/__clerk/sign-in", "/__clerk/users", "/__clerk/v1/client/handshake", "/__clerk_api/v1/jwks"]
    )
    def test_urls_that_were_imported_before_do_not_answer(self, path: str) -> None:
        with pytest.raises(ImproperlyConfigured):
            Client().get(path)

    @pytest.mark.usefixtures("wrong")
    def test_no_emulator_is_to_be_had(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            get_emulator()

    @pytest.mark.usefixtures("wrong")
    def test_the_adapter_does_not_answer(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            in_process("GET", "/v1/jwks", key="Bearer x")

    @pytest.mark.usefixtures("wrong")
    def test_the_command_does_not_serve(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            make_server(0)

    def test_debug_is_enough_for_development(self) -> None:
        with override_settings(DEBUG=True, CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG=False):
            assert check_emulator() == []
            assert in_process("GET", "/v1/jwks").status == 200

    @pytest.mark.parametrize(
        "name", ["CLERK_SECRET_KEY", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "VITE_CLERK_PUBLISHABLE_KEY"]
    )
    def test_a_live_key_in_the_environment_counts(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "sk_live_abc" if "SECRET" in name else "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        with pytest.raises(ImproperlyConfigured, match=name):
            get_emulator()

    def test_no_publishable_key_is_no_real_one(self) -> None:
        with override_settings(CLERK_PUBLISHABLE_KEY=None):
            assert check_emulator() == []

    def test_the_message_does_not_hold_the_key(self) -> None:
        with override_settings(CLERK_SECRET_KEY="sk_live_very_secret"), pytest.raises(ImproperlyConfigured) as caught:
            get_emulator()
        assert "very_secret" not in str(caught.value)


class TestStart:
    def test_real_keys_stop_the_start(self) -> None:
        config = ClerkEmulatorConfig.create("django_clerk.emulator")
        for key in ("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"):
            with override_settings(CLERK_PUBLISHABLE_KEY=key), pytest.raises(ImproperlyConfigured):
                config.ready()

    def test_the_right_ones_do_not(self) -> None:
        ClerkEmulatorConfig.create("django_clerk.emulator").ready()

    def test_installed_and_switched_off_is_a_warning(self) -> None:
        with override_settings():
            from django.conf import settings

            del settings.CLERK_EMULATOR
            with override_settings(CLERK_SECRET_KEY="sk_live_abc"):
                refuse_real_keys()
                assert [finding.id for finding in check_emulator()] == ["clerk_emulator.W001"]

    @pytest.mark.parametrize("address", ["https://example.com/hooks/", "//example.com/", "ftp://localhost/", "hooks/"])
    def test_webhooks_to_elsewhere_are_found(self, address: str) -> None:
        with override_settings(CLERK_EMULATOR_WEBHOOK_URL=address):
            assert [finding.id for finding in check_emulator()] == ["clerk_emulator.E005"]

    @pytest.mark.parametrize("address", [None, "", "/clerk", "/", "https://example.com/__clerk", "//localhost/__clerk"])
    def test_handshakes_that_lead_elsewhere_are_found(self, address: str | None) -> None:
        with override_settings(CLERK_PROXY_URL=address):
            assert [finding.id for finding in check_emulator()] == ["clerk_emulator.W002"]

    def test_without_urls_there_are_no_handshakes(self) -> None:
        with override_settings(ROOT_URLCONF=None):
            assert check_emulator() == []

    def test_handshakes_on_another_port_are_its_own_affair(self) -> None:
        with override_settings(CLERK_PROXY_URL="http://localhost:5555/__clerk"):
            assert check_emulator() == []


class TestRequests:
    """The peer and what it calls us, for every view."""

    paths = pytest.mark.parametrize(
        "path",
        [
            "/__clerk/",
            "/__clerk/sign-in",
            "/__clerk/users",
            "/__clerk/webhooks",
            "/__clerk/style.css",
            "/__clerk/v1/client/handshake?redirect_url=http://localhost:8000/",
            "/__clerk_api/v1/jwks",
        ],
    )

    @paths
    @pytest.mark.parametrize(
        "meta",
        [
            {"REMOTE_ADDR": "10.0.0.1"},
            {"REMOTE_ADDR": "203.0.113.9"},
            {"REMOTE_ADDR": "::ffff:10.0.0.1"},
            {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": "localhost"},
            {"HTTP_HOST": "example.com"},
            {"HTTP_HOST": "localhost.example.com"},
            {"HTTP_HOST": "127.0.0.1.example.com:8000"},
            {"HTTP_HOST": "192.168.0.2:8000"},
            {"HTTP_HOST": "[::2]"},
            {"HTTP_HOST": "app.localhost"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_FORWARDED_HOST": "localhost"},
            {"HTTP_X_FORWARDED_PROTO": "https"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
            {"HTTP_X_CLIENT_IP": "127.0.0.1"},
            {"HTTP_TRUE_CLIENT_IP": "127.0.0.1"},
            {"HTTP_FLY_CLIENT_IP": "127.0.0.1"},
            {"HTTP_X_CLUSTER_CLIENT_IP": "127.0.0.1"},
            {"HTTP_X_ORIGINAL_HOST": "localhost"},
            {"HTTP_CDN_LOOP": "cloudflare"},
            {"HTTP_CF_RAY": "1"},
        ],
        ids=str,
    )
    def test_others_are_refused(self, path: str, meta: dict[str, str]) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            response = Client().get(path, **meta)
        assert response.status_code == 403
        assert b"The local Clerk" in response.content
        assert response["Cache-Control"] == "no-store"

    @paths
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
    @pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "testserver"])
    def test_this_machine_is_not(self, path: str, address: str, host: str) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            response = Client().get(path, REMOTE_ADDR=address, HTTP_HOST=host)
        assert response.status_code in (200, 302, 307, 401)
        assert response["Cache-Control"] == "no-store"

    def test_the_name_of_tests_is_none_in_development(self) -> None:
        request = RequestFactory().get("/", HTTP_HOST="testserver")
        assert refusal(request) is None
        with override_settings(DEBUG=True, CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG=False):
            assert refusal(request) is not None

    def test_the_projects_login_requirement_does_not_apply(self) -> None:
        with override_settings(
            MIDDLEWARE=[
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.auth.middleware.LoginRequiredMiddleware",
            ]
        ):
            assert Client().get("/__clerk/sign-in").status_code == 200
            assert Client().get("/__clerk_api/v1/jwks").status_code == 401
            assert Client().get("/language/").status_code == 302


class TestRedirects:
    @pytest.mark.parametrize(
        "url",
        [
            "/dashboard/",
            "/a?b=c#d",
            "dashboard",
            "?a=b",
            "http://localhost:8000/x",
            "http://localhost:3000/spa",
            "http://127.0.0.1:5173/",
            "http://[::1]:8000/",
            "https://localhost/",
        ],
    )
    def test_allowed(self, url: str) -> None:
        request = RequestFactory().get("/", HTTP_HOST="localhost:8000")
        assert safe_target(request, url, default="/") == url

    @pytest.mark.parametrize(
        "url",
        [
            None,
            "",
            " ",
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "\\\\evil.example",
            "/\\evil.example",
            "http:///evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://localhost:8000@evil.example/",
            "http://evil.example@localhost:8000/",
            "http://localhost.evil.example/",
            "http://localhost:8000\\@evil.example/",
            "ftp://localhost/",
            "http://[::1/",
            "\thttp://evil.example",
            "http://lo\ncalhost@evil.example",
        ],
    )
    def test_refused(self, url: str | None) -> None:
        request = RequestFactory().get("/", HTTP_HOST="localhost:8000")
        assert safe_target(request, url, default="/home/") == "/home/"
