"""The local Clerk's side of the handshake, as a browser and a back end see it."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from django.test import Client, RequestFactory
from django.utils.encoding import iri_to_uri
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from django_clerk.emulator.credentials import INSTANCE
from django_clerk.emulator.emulator import Emulator
from django_clerk.emulator.guards import safe_return
from tests.emulator.browser import Browser
from tests.emulator.calls import in_process, over_http

HERE = "http://localhost:8000/dashboard/?a=b"
PLAIN = ("__session", "__client_uat", "__clerk_db_jwt")
SUFFIXED = tuple(INSTANCE.suffixed(name) for name in PLAIN)
REFRESH = INSTANCE.suffixed("__refresh")
#: Of addresses that somebody may read otherwise than we do.
PIECES = ["http", "https", ":", "//", "/", "\\", "@", "#", "?", ".", ";", "&", "=", "[", "a", "é", "⁄", "＠", " ", "\t"]
PIECES += ["localhost", "127.0.0.1", "[::1]", "8000", "evil.example", "%2f", "%40", "%00"]


def address(redirect_url: str | None = HERE, **parameters: str) -> str:
    """The address to which a back end sends a browser."""
    query = {} if redirect_url is None else {"redirect_url": redirect_url}
    query |= {
        "__clerk_api_version": "2026-05-12",
        "suffixed_cookies": "false",
        "__clerk_hs_reason": "dev-browser-missing",
        "format": "nonce",
        **parameters,
    }
    return f"/__clerk/v1/client/handshake?{urlencode(query)}"


def brought(response: Any) -> list[str]:
    """The directives that a browser brings back, as a back end gets hold of them."""
    assert response.status_code == 307, response.content
    assert response["Cache-Control"] == "no-store"
    query = parse_qs(urlsplit(response["Location"]).query)
    if "__clerk_handshake" in query:
        [token] = query["__clerk_handshake"]
        key = jwt.PyJWKSet.from_dict(in_process("GET", "/v1/jwks").json)[jwt.get_unverified_header(token)["kid"]]
        payload = jwt.decode(token, key.key, algorithms=["RS256"])
        assert set(payload) == {"handshake"}
        directives: list[str] = payload["handshake"]
        return directives
    [nonce] = query["__clerk_handshake_nonce"]
    reply = in_process("GET", f"/v1/clients/handshake_payload?{urlencode({'nonce': nonce})}")
    assert set(reply.json) == {"directives"}
    directives = reply.json["directives"]
    return directives


def cookies(directives: list[str]) -> dict[str, Any]:
    jar: dict[str, Any] = {}
    for directive in directives:
        parsed = SimpleCookie(directive)
        assert len(parsed) == 1, directive
        assert not set(parsed) & set(jar), "no cookie twice"
        jar.update(parsed)
    return jar


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def is_signed_out(jar: dict[str, Any]) -> bool:
    for name in ("__session", INSTANCE.suffixed("__session"), REFRESH):
        assert (jar[name].value, jar[name]["max-age"]) == ("", "0")
    for name in ("__client_uat", INSTANCE.suffixed("__client_uat")):
        assert jar[name].value == "0"
    return True


class TestAFirstVisit:
    def test_it_gets_a_dev_browser_and_goes_back(self, browser: Browser) -> None:
        response = browser.get(address())
        assert response["Location"].startswith(f"{HERE}&__clerk_handshake_nonce=")
        jar = cookies(brought(response))
        assert set(jar) == {*PLAIN, *SUFFIXED, REFRESH}
        assert is_signed_out(jar)
        assert jar["__clerk_db_jwt"].value.startswith("dvb_")
        assert jar[SUFFIXED[2]].value == jar["__clerk_db_jwt"].value
        client = response.cookies["__client"]
        assert (client["path"], client["httponly"], client["samesite"]) == ("/__clerk/", True, "Lax")
        assert client.value not in response["Location"]

    def test_every_browser_gets_its_own(self, browser: Browser) -> None:
        values = {
            cookies(brought(Browser().get(address())))["__clerk_db_jwt"].value,
            cookies(brought(browser.get(address())))["__clerk_db_jwt"].value,
        }
        assert len(values) == 2

    @pytest.mark.parametrize("form", ["token", "", "other", None])
    def test_the_cookies_come_in_a_token_unless_a_nonce_is_asked_for(self, browser: Browser, form: str | None) -> None:
        target = address(**({} if form is None else {"format": form}))
        response = browser.get(target if form is not None else target.replace("&format=nonce", ""))
        [token] = parse_qs(urlsplit(response["Location"]).query)["__clerk_handshake"]
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["typ"], header["cat"]) == ("RS256", "JWT", "cl_B7d4PD111AAA")
        assert is_signed_out(cookies(brought(response)))

    def test_a_back_end_that_knows_no_suffixes_gets_none(self, browser: Browser) -> None:
        jar = cookies(brought(browser.get(address().replace("&suffixed_cookies=false", ""))))
        assert set(jar) == {*PLAIN, REFRESH}


class TestWhoIsSignedIn:
    @pytest.fixture
    def session(self, browser: Browser, ada: dict[str, Any]) -> dict[str, Any]:
        """Claims of the token that Ada's browser got when she signed in."""
        return claims_of(browser.sign_in(ada["id"]).cookies["__session"].value)

    @pytest.mark.parametrize("kept", ["everything", "dev browser", "suffixed dev browser", "client", "query"])
    @pytest.mark.parametrize("form", ["nonce", "token"])
    def test_is_recognised(
        self, browser: Browser, emulator: Emulator, session: dict[str, Any], kept: str, form: str
    ) -> None:
        jar = browser.client.cookies
        dev_browser = jar["__clerk_db_jwt"].value
        names = {
            "everything": list(jar),
            "dev browser": ["__clerk_db_jwt"],
            "suffixed dev browser": [SUFFIXED[2]],
            "client": ["__client"],
            "query": [],
        }
        for name in set(jar) - set(names[kept]):
            del jar[name]
        asked = {"__clerk_db_jwt": dev_browser} if kept == "query" else {}
        answer = cookies(brought(browser.get(address(format=form, **asked))))
        assert set(answer) == {*PLAIN, *SUFFIXED, REFRESH}
        assert answer["__clerk_db_jwt"].value == dev_browser
        for cookie in answer.values():
            assert (cookie["path"], cookie["samesite"], cookie["secure"]) == ("/", "Lax", "")
            assert int(cookie["max-age"]) == 365 * 24 * 60 * 60
            assert bool(cookie["httponly"]) == (cookie.key == REFRESH)
        claims = jwt.decode(answer["__session"].value, emulator.signer.public_key_pem(), algorithms=["RS256"])
        assert (claims["sub"], claims["sid"]) == (session["sub"], session["sid"])
        assert (claims["exp"] - claims["iat"], claims["azp"]) == (60, "http://localhost:8000")
        assert claims["jti"] != session["jti"], "a new token"
        assert 0 < int(answer["__client_uat"].value) <= claims["iat"]
        assert answer["__client_uat"].value == answer[SUFFIXED[1]].value
        assert answer["__session"].value == answer[SUFFIXED[0]].value

    def test_the_sign_in_does_not_grow_younger(self, browser: Browser, session: dict[str, Any]) -> None:
        """A later ``__client_uat`` would put out every token that is under way."""
        before = browser.client.cookies["__client_uat"].value
        for _ in range(2):
            assert cookies(brought(browser.get(address())))["__client_uat"].value == before

    def test_the_token_is_for_whoever_asked(self, browser: Browser, session: dict[str, Any]) -> None:
        for origin in ("http://localhost:3000", "http://127.0.0.1:8000", "http://[::1]:9"):
            response = browser.get(address(f"{origin}/"))
            assert claims_of(cookies(brought(response))["__session"].value)["azp"] == origin

    def test_after_a_sign_out_it_is_said(self, browser: Browser, session: dict[str, Any]) -> None:
        browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {})
        jar = cookies(brought(browser.get(address())))
        assert is_signed_out(jar)
        assert jar["__clerk_db_jwt"].value == browser.client.cookies["__clerk_db_jwt"].value

    @pytest.mark.parametrize("end", ["ban_user", "delete_user"])
    def test_whoever_is_gone_is_signed_out(
        self, browser: Browser, emulator: Emulator, session: dict[str, Any], end: str
    ) -> None:
        getattr(emulator, end)(session["sub"])
        assert is_signed_out(cookies(brought(browser.get(address()))))

    def test_a_revoked_session_is_over(self, browser: Browser, session: dict[str, Any]) -> None:
        assert in_process("POST", f"/v1/sessions/{session['sid']}/revoke").status == 200
        assert is_signed_out(cookies(brought(browser.get(address()))))

    def test_an_organization_changes_nothing(self, browser: Browser, session: dict[str, Any]) -> None:
        for organization in ("org_1", "acme", ""):
            jar = cookies(brought(browser.get(address(organization_id=organization))))
            assert "o" not in claims_of(jar["__session"].value)

    def test_over_https_the_cookies_are_secure(self, browser: Browser, ada: dict[str, Any]) -> None:
        secure = Browser("https://localhost:8000")
        secure.sign_in(ada["id"])
        response = secure.get(address("https://localhost:8000/"))
        assert all(cookie["secure"] for cookie in cookies(brought(response)).values())
        assert response.cookies["__client"]["secure"]
        assert secure.get(address("http://localhost:8000/")).status_code == 422, "and do not leave by http"


class TestTheFamilies:
    def test_the_one_that_the_back_end_reads_names_the_browser(self, browser: Browser, emulator: Emulator) -> None:
        plain, suffixed = emulator.clients.open(), emulator.clients.open()
        browser.client.cookies["__clerk_db_jwt"] = plain.dev_browser
        browser.client.cookies[SUFFIXED[2]] = suffixed.dev_browser
        for value, client in (("false", plain), ("true", suffixed)):
            jar = cookies(brought(browser.get(address(suffixed_cookies=value))))
            assert jar["__clerk_db_jwt"].value == client.dev_browser


class TestTheNonce:
    def nonce(self, browser: Browser) -> str:
        return parse_qs(urlsplit(browser.get(address())["Location"]).query)["__clerk_handshake_nonce"][0]

    def test_it_is_good_once(self, browser: Browser) -> None:
        path = f"/v1/clients/handshake_payload?nonce={self.nonce(browser)}"
        assert in_process("GET", path).status == 200
        reply = in_process("GET", path)
        assert (reply.status, reply.error["code"]) == (404, "resource_not_found")

    def test_it_opens_nothing_without_the_secret_key(self, browser: Browser) -> None:
        path = f"/v1/clients/handshake_payload?nonce={self.nonce(browser)}"
        for key in (None, "Bearer sk_test_wrong"):
            assert in_process("GET", path, key=key).status == 401
        assert in_process("GET", path).status == 200, "and was not used up by that"

    def test_it_is_fetched_over_http_too(self, browser: Browser) -> None:
        reply = over_http("GET", f"/v1/clients/handshake_payload?nonce={self.nonce(browser)}")
        assert is_signed_out(cookies(reply.json["directives"]))

    @pytest.mark.parametrize("query", ["", "?nonce=", "?nonce=unknown", "?nonce=%00", "?nonce=%ff"])
    def test_a_guess_is_wrong(self, query: str) -> None:
        assert in_process("GET", f"/v1/clients/handshake_payload{query}").status == 404

    def test_it_is_good_for_a_minute(self) -> None:
        now = [1_700_000_000.0]
        emulator = Emulator(":memory:", clock=lambda: now[0])
        (_, early), (_, late) = (emulator.handshakes.offer(["a=b"], as_nonce=True) for _ in range(2))
        now[0] += 59
        assert emulator.handshakes.redeem(early) == ["a=b"]
        now[0] += 1
        assert emulator.handshakes.redeem(late) is None
        emulator.close()


class TestAttacks:
    @pytest.mark.parametrize(
        "target",
        [
            None,
            "",
            "https://evil.example/",
            "http://evil.example:8000/",
            "//evil.example/",
            "//localhost:8000/",
            "/dashboard/",
            "dashboard",
            "///evil.example",
            "http:///evil.example",
            "http:evil.example",
            "http:localhost:8000/",
            "http://localhost@evil.example/",
            "http://localhost:8000@evil.example/",
            "http://localhost:8000evil.example/",
            "http://localhost:800000/",
            "http://user:password@localhost:8000/",
            "http://evil.example\\@localhost:8000/",
            "http://localhost:8000\\@evil.example/",
            "http://localhost\\.evil.example/",
            "\\\\evil.example",
            "http://evil.example#@localhost:8000/",
            "http://evil.example?@localhost:8000/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://evil-localhost/",
            "http://app.localhost/",
            "http://localhost./",
            "http://10.0.0.1/",
            "http://0.0.0.0:8000/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::1/",
            "http://[::2]/",
            "http://ⓛocalhost/",
            "http://localhost\u3002evil.example/",
            "javascript:alert(1)",
            "javascript://localhost:8000/%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "ftp://localhost:8000/",
            "intent://localhost:8000/#Intent;scheme=http;end",
            " http://localhost:8000/",
            "http://localhost:8000/ ",
            "http://localhost:8000/\r\nSet-Cookie: a=b",
            "http://localhost:8000/\tx",
            "http://local\nhost:8000/",
            "\x00http://localhost:8000/",
            "http://localhost:8000/\x7f",
        ],
    )
    def test_it_leads_nowhere_else(self, browser: Browser, target: str | None) -> None:
        response = browser.get(address(target))
        assert response.status_code == 422
        assert "Location" not in response
        assert not response.cookies
        assert response.json()["errors"][0]["meta"] == {"param_name": "redirect_url"}

    @given(st.lists(st.sampled_from(PIECES), max_size=10))
    @settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_is_let_through_is_this_machine_to_every_reader(self, pieces: list[str]) -> None:
        request = RequestFactory().get("/", headers={"host": "localhost:8000"})
        for text in ("".join(pieces), "http://localhost:8000" + "".join(pieces), "http://" + "".join(pieces)):
            url = safe_return(request, text)
            if url is not None:
                assert url == text
                hosts = {parse_url(url).host, urlsplit(url).hostname, parse_url(iri_to_uri(url)).host}
                assert {str(host).strip("[]") for host in hosts} <= {"localhost", "127.0.0.1", "::1"}

    @pytest.mark.parametrize(
        ("target", "arrival"),
        [
            ("http://localhost:8000", "http://localhost:8000?"),
            ("http://localhost:8000/?", "http://localhost:8000/?"),
            ("http://localhost:8000/p?x=1&flag#top", "http://localhost:8000/p?x=1&flag&"),
            ("HTTP://LOCALHOST:8000/P", "HTTP://LOCALHOST:8000/P?"),
            ("http://localhost:8000/é?q=ü", "http://localhost:8000/%C3%A9?q=%C3%BC&"),
            ("http://localhost:8000/?next=https://evil.example/", "http://localhost:8000/?next=https://evil.example/&"),
            (
                "http://localhost:8000/?__clerk_handshake=old&x=1&__clerk_handshake_nonce=old",
                "http://localhost:8000/?x=1&",
            ),
        ],
    )
    def test_this_machine_is_reached_as_asked(self, browser: Browser, target: str, arrival: str) -> None:
        location = browser.get(address(target))["Location"]
        assert location.startswith(f"{arrival}__clerk_handshake_nonce=")
        assert location.endswith("#top") == target.endswith("#top")

    def test_a_dev_browser_from_a_link_is_not_taken_over(self, browser: Browser, ada: dict[str, Any]) -> None:
        """Else whoever made the link would be signed in as soon as its victim is."""
        planted = "dvb_of_the_attacker"
        jar = cookies(brought(browser.get(address(__clerk_db_jwt=planted))))
        assert jar["__clerk_db_jwt"].value != planted
        browser.client.cookies["__clerk_db_jwt"] = planted
        response = browser.sign_in(ada["id"])
        assert response.cookies["__clerk_db_jwt"].value != planted

    @pytest.mark.parametrize("kept", ["__client", "__clerk_db_jwt", "both"])
    def test_a_dev_browser_of_somebody_else_replaces_nobody(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any], kept: str
    ) -> None:
        eve = emulator.create_user(email_address="eve@example.com")
        client, _ = emulator.clients.sign_in(emulator.clients.open(), eve["id"])
        browser.sign_in(ada["id"])
        if kept != "both":
            value = browser.client.cookies[kept].value
            browser.client.cookies.clear()
            browser.client.cookies[kept] = value
        own = emulator.clients.find(
            [browser.client.cookies[name].value for name in browser.client.cookies if name != "__client"],
            browser.client.cookies["__client"].value if "__client" in browser.client.cookies else "",
        )
        assert own is not None
        link = {"__clerk_db_jwt": client.dev_browser}
        for here in (HERE, "http://localhost:8001/", "http://127.0.0.1:8000/"):
            response = browser.get(address(here, **link))
            assert claims_of(cookies(brought(response))["__session"].value)["sub"] == ada["id"]
            assert response.cookies["__client"].value == own.token
        answer = browser.get(f"/__clerk/v1/client?{urlencode(link)}")
        assert b"eve@example.com" not in answer.content
        assert answer.cookies["__client"].value == own.token

    def test_a_session_token_proves_nothing_here(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        """They are for sites; were they for Clerk too, a stolen one would never expire."""
        session = emulator.sign_in(ada["id"])
        token = emulator.mint_session_token(ada["id"], azp="http://localhost:8000", session_id=session["id"])
        browser.client.cookies["__session"] = token
        browser.client.cookies[SUFFIXED[0]] = token
        assert is_signed_out(cookies(brought(browser.get(address(__session=token)))))

    def test_public_ids_prove_nothing_either(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        session = emulator.sign_in(ada["id"])
        for value in (session["client_id"], session["id"], ada["id"], "' OR ''='"):
            browser.client.cookies["__client"] = value
            assert is_signed_out(cookies(brought(browser.get(address(__clerk_db_jwt=value)))))

    @pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options"])
    def test_by_get_only(self, method: str) -> None:
        response = getattr(Client(headers={"host": "localhost"}), method)(address())
        assert response.status_code == 405
        assert not response.cookies
