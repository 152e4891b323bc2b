"""Who may call the Frontend API, and which files it gives away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from django_clerk.emulator.emulator import Emulator
from tests.emulator.openapi import validate_answer
from tests.emulator.visitor import Visitor

PASSWORD = "correct horse battery"
FOREIGN = [
    "https://evil.example",
    "http://localhost.evil.example",
    "http://localhost:8000@evil.example",
    "http://evil.example:8000",
    "http://localhost:8000/path",
    "http://LOCALHOST:99999",
    "ftp://localhost",
    "null",
    "",
    "localhost:8000",
    "http://[::1",
]


@pytest.fixture
def ada(emulator: Emulator) -> dict[str, Any]:
    return emulator.create_user(email_address="ada@example.com", password=PASSWORD)


def post(origin: str | None, **headers: str) -> Any:
    if origin is not None:
        headers["origin"] = origin
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost:8000", **headers})
    return client.post("/__clerk/v1/client/sign_ins", {"identifier": "ada@example.com", "password": PASSWORD})


class TestOrigins:
    @pytest.mark.parametrize("origin", FOREIGN)
    def test_pages_of_other_machines_do_not_call(self, ada: dict[str, Any], emulator: Emulator, origin: str) -> None:
        response = post(origin)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (403, "origin_invalid")
        assert not {"__client", "Access-Control-Allow-Origin"} & {*response.cookies, *response.headers}
        assert emulator.directory.sessions.of_user(ada["id"]) == []
        reading = Client(headers={"host": "localhost:8000", "origin": origin}).get("/__clerk/v1/client")
        assert reading.status_code == 403

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_nor_without_saying_who_they_are(self, ada: dict[str, Any], site: str) -> None:
        assert post(None, sec_fetch_site=site).status_code == 403

    def test_programs_do(self, ada: dict[str, Any]) -> None:
        assert post(None).status_code == 200

    def test_this_very_page_does_and_needs_no_leave(self, ada: dict[str, Any]) -> None:
        response = post("http://localhost:8000")
        assert response.status_code == 200
        assert "Access-Control-Allow-Origin" not in response

    @pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8000", "https://[::1]:5173"])
    def test_pages_on_other_ports_do_and_are_told_by_name(self, ada: dict[str, Any], origin: str) -> None:
        response = post(origin)
        assert response.status_code == 200
        assert response["Access-Control-Allow-Origin"] == origin
        assert response["Access-Control-Allow-Credentials"] == "true"
        assert response["Vary"] == "Origin"

    def test_a_preflight_is_answered(self) -> None:
        client = Client(headers={"host": "localhost:8000", "origin": "http://localhost:3000"})
        response = client.options("/__clerk/v1/client/sessions")
        assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, "http://localhost:3000")
        assert "DELETE" in response["Access-Control-Allow-Methods"]

    def test_an_error_can_be_read_there_too(self) -> None:
        visitor = Visitor("http://localhost:3000")
        answer = visitor.call("GET", "/client?__clerk_db_jwt=dvb_unknown")
        assert answer.status == 401
        answer = visitor.call("POST", "/client/sign_ins", identifier="nobody@example.com")
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


class TestMethods:
    def test_a_link_changes_nothing(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        """A GET that says it means DELETE is a GET."""
        visitor = Visitor()
        visitor.sign_in("ada@example.com", PASSWORD)
        response = visitor.browser.get("/__clerk/v1/client/sessions?_method=DELETE")
        assert response.status_code == 501
        assert len(emulator.directory.sessions.of_user(ada["id"])) == 1

    def test_what_is_meant_may_also_be_said(self, ada: dict[str, Any]) -> None:
        visitor = Visitor()
        visitor.sign_in("ada@example.com", PASSWORD)
        form = {"content_type": "application/x-www-form-urlencoded", "headers": {"origin": visitor.origin}}
        path = f"/__clerk/v1/me?_clerk_session_id={visitor.session_id}"
        assert visitor.browser.patch(path, "first_name=Augusta", **form).json()["response"]["first_name"] == "Augusta"
        assert visitor.browser.delete("/__clerk/v1/client/sessions", **form).json()["response"]["sessions"] == []


class TestBundles:
    @pytest.fixture
    def modules(self, tmp_path: Path) -> Iterator[Path]:
        modules = tmp_path / "node_modules"
        dist = modules / "@clerk" / "ui" / "dist"
        (dist / "chunks").mkdir(parents=True)
        (dist / "ui.browser.js").write_text("// ui")
        (dist / "chunks" / "one.js").write_text("// one")
        (dist / "readme.md").write_text("no")
        (dist.parent / "package.json").write_text(json.dumps({"version": "1.36.0"}))
        (dist.parent / "secret.js").write_text("secret")
        (tmp_path / "secret.js").write_text("secret")
        (dist / "link.js").symlink_to(tmp_path / "secret.js")
        (modules / "@clerk" / "other" / "dist").mkdir(parents=True)
        (modules / "@clerk" / "other" / "dist" / "a.js").write_text("secret")
        with override_settings(CLERK_EMULATOR_BUNDLE_DIR=modules):
            yield modules

    def get(self, path: str) -> Any:
        return Client(headers={"host": "localhost:8000"}).get(f"/__clerk/npm/@clerk/{path}")

    @pytest.mark.parametrize("name", ["ui.browser.js", "chunks/one.js"])
    @pytest.mark.parametrize(
        ("version", "cached"), [("1.36.0", "max-age=31536000, immutable"), ("1", "no-cache"), ("latest", "no-cache")]
    )
    def test_a_file_is_served(self, modules: Path, name: str, version: str, cached: str) -> None:
        response = self.get(f"ui@{version}/dist/{name}")
        assert response.content == (modules / "@clerk" / "ui" / "dist" / name).read_bytes()
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Cache-Control"] == cached

    @pytest.mark.parametrize(
        "path",
        [
            "ui@1/dist/../secret.js",
            "ui@1/dist/..%2fsecret.js",
            "ui@1/dist/..%2f..%2f..%2f..%2fsecret.js",
            "ui@1/dist//etc/passwd",
            "ui@1/dist/%2fetc%2fpasswd",
            "ui@1/dist/link.js",
            "ui@1/dist/readme.md",
            "ui@1/dist/chunks",
            "ui@1/dist/%00.js",
            "ui@1/dist/" + "a" * 5000 + ".js",
            "other@1/dist/a.js",
            "..@1/dist/secret.js",
            "ui/../other@1/dist/a.js",
        ],
    )
    def test_nothing_else_is(self, modules: Path, path: str) -> None:
        response = self.get(path)
        assert response.status_code == 404
        assert b"secret" not in response.content

    def test_without_them_it_says_what_to_install(self, tmp_path: Path) -> None:
        with override_settings(CLERK_EMULATOR_BUNDLE_DIR=tmp_path):
            response = self.get("ui@1/dist/ui.browser.js")
        assert response.status_code == 404
        assert b"npm install" in response.content

    def test_they_are_looked_for_beside_the_project(self, modules: Path) -> None:
        with override_settings(CLERK_EMULATOR_BUNDLE_DIR=None, BASE_DIR=modules.parent):
            assert self.get("ui@1/dist/ui.browser.js").status_code == 200

    def test_other_machines_get_none(self, modules: Path) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            response = Client(headers={"host": "evil.example"}).get("/__clerk/npm/@clerk/ui@1/dist/ui.browser.js")
        assert response.status_code == 403


def test_the_keys_are_where_they_are_looked_for(emulator: Emulator) -> None:
    response = Client(headers={"host": "localhost:8000"}).get("/__clerk/.well-known/jwks.json")
    assert response.json() == emulator.jwks()
    validate_answer("fapi-2026-05-12", "/.well-known/jwks.json", "GET", response.json())


def test_a_browser_is_known_after_a_restart(tmp_path: Path) -> None:
    one = Emulator(str(tmp_path))
    user = one.create_user(email_address="ada@example.com")
    client, session = one.clients.sign_in(one.clients.open(), user["id"])
    token = one.clients.token(session, azp=None)
    one.dashboard.configure(single_session_mode=False)
    one.close()
    other = Emulator(str(tmp_path))
    again = other.clients.find([], client.token)
    assert again == client
    assert other.clients.session(again) == session
    assert other.clients.refresh_token(session["id"])
    assert other.signer.read(token) is not None
    assert other.dashboard.configuration.single_session_mode is False
    other.close()
