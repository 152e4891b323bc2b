"""``{% load clerk %}``: what the tags put into a page, with whatever is configured."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.template import Context, RequestContext, Template
from django.test import RequestFactory, override_settings
from django.urls import reverse_lazy

from tests.markup import Markup
from tests.mint import bearer, mint

LIVE = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
PROXIED = {"CLERK_PUBLISHABLE_KEY": "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk", "CLERK_PROXY_URL": "/__clerk"}
COMPONENTS = {
    "clerk_sign_in": "SignIn",
    "clerk_sign_up": "SignUp",
    "clerk_user_button": "UserButton",
    "clerk_user_profile": "UserProfile",
    "clerk_organization_switcher": "OrganizationSwitcher",
}


def ask(path: str = "/page/", **options: Any) -> HttpRequest:
    return RequestFactory().get(path, **{"HTTP_HOST": "example.com", **options})


def render(tag: str, request: HttpRequest | None = None, **context: Any) -> Markup:
    template = Template("{% load clerk %}" + tag)
    return Markup(template.render(RequestContext(request, context) if request is not None else Context(context)))


class TestScripts:
    def test_three_scripts_in_order_and_no_other(self) -> None:
        page = render("{% clerk_js %}", ask())
        assert page.all("script") == [
            {"id": "clerk-options", "type": "application/json"},
            {
                "src": "https://clerk.example.com/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
                "crossorigin": "anonymous",
                "data-clerk-publishable-key": LIVE,
                "defer": None,
            },
            {
                "src": "https://clerk.example.com/npm/@clerk/ui@1/dist/ui.browser.js",
                "crossorigin": "anonymous",
                "defer": None,
            },
            {"src": "/static/django_clerk/clerk.js", "defer": None},
        ]

    @override_settings(**PROXIED)
    def test_behind_a_proxy_of_this_site_all_comes_from_here(self) -> None:
        scripts = render("{% clerk_js %}", ask()).all("script")
        assert all(script["src"].startswith("/") for script in scripts[1:])
        assert scripts[1]["data-clerk-proxy-url"] == "/__clerk"

    def test_clerk_is_told_where_the_pages_are(self) -> None:
        assert render("{% clerk_js %}", ask()).data() == {
            "signInUrl": "https://accounts.example.com/sign-in",
            "signUpUrl": "https://accounts.example.com/sign-up",
            "signInFallbackRedirectUrl": "/",
            "signUpFallbackRedirectUrl": "/",
            "allowedRedirectOrigins": [],
        }

    @override_settings(
        ROOT_URLCONF="tests.sign_in_urls",
        CLERK_SIGN_IN_URL="clerk_sign_in",
        CLERK_SIGN_UP_URL=reverse_lazy("clerk_sign_up"),
        CLERK_AFTER_SIGN_IN_URL="/dashboard/",
        CLERK_AFTER_SIGN_UP_URL="/welcome/",
        CLERK_TELEMETRY_DISABLED=True,
        CLERK_SATELLITE_ORIGINS=["https://satellite.com"],
    )
    def test_settings_may_be_names_of_urls(self) -> None:
        assert render("{% clerk_js %}", ask()).data() == {
            "signInUrl": "/sign-in/",
            "signUpUrl": "/sign-up/",
            "signInFallbackRedirectUrl": "/dashboard/",
            "signUpFallbackRedirectUrl": "/welcome/",
            "allowedRedirectOrigins": ["https://satellite.com"],
            "telemetry": False,
        }

    @override_settings(CLERK_SIGN_IN_URL="/login/")
    def test_signing_up_is_a_part_of_the_sign_in_page_unless_it_has_one_of_its_own(self) -> None:
        assert render("{% clerk_js %}", ask()).data()["signUpUrl"] == "/login/create"

    @override_settings(
        CLERK_IS_SATELLITE=True, CLERK_DOMAIN="satellite.com", CLERK_SIGN_IN_URL="https://example.com/sign-in"
    )
    def test_a_satellite_says_so(self) -> None:
        page = render("{% clerk_js %}", ask())
        assert page.all("script")[1]["data-clerk-domain"] == "satellite.com"
        assert page.data() | {"isSatellite": True, "satelliteAutoSync": False} == page.data()

    def test_options_are_those_of_clerk_s_documentation(self) -> None:
        given = {"appearance": {"variables": {"colorPrimary": "#2f5d50"}}, "signInUrl": "/elsewhere/"}
        page = render("{% clerk_js options=given afterSignOutUrl='/bye/' signInUrl='/here/' %}", ask(), given=given)
        told = page.data()
        assert (told["appearance"], told["afterSignOutUrl"]) == (given["appearance"], "/bye/")
        assert told["signInUrl"] == "/here/"

    @override_settings(CLERK_PUBLISHABLE_KEY=None)
    def test_without_a_publishable_key_it_says_what_is_missing(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="needs CLERK_PUBLISHABLE_KEY"):
            render("{% clerk_js %}", ask())

    def test_an_error_page_that_has_no_request_is_shown_too(self) -> None:
        assert len(render("{% clerk_js %}").all("script")) == 4


class TestNonce:
    def test_no_policy_no_nonce(self) -> None:
        assert not any("nonce" in script for script in render("{% clerk_js %}", ask()).all("script"))

    def test_django_csp(self) -> None:
        """django-csp makes the nonce when somebody reads it, and names it in the policy only then."""
        request = ask()
        request.csp_nonce = "bm9uY2U="  # type: ignore[attr-defined]
        scripts = render("{% clerk_js %}", request).all("script")
        assert [script.get("nonce") for script in scripts] == [None, "bm9uY2U=", "bm9uY2U=", "bm9uY2U="]

    def test_one_of_another_make(self) -> None:
        scripts = render("{% clerk_js nonce='bm9uY2U=' %}", ask()).all("script")
        assert [script.get("nonce") for script in scripts] == [None, "bm9uY2U=", "bm9uY2U=", "bm9uY2U="]

    def test_django_s_own(self) -> None:
        csp = pytest.importorskip("django.middleware.csp", reason="Content-Security-Policy came with Django 6.0")
        page: list[Markup] = []

        def view(request: HttpRequest) -> Any:
            page.append(render("{% clerk_js %}", request))
            return HttpResponse()

        with override_settings(SECURE_CSP={"script-src": [csp.CSP.NONCE]}):
            policy = csp.ContentSecurityPolicyMiddleware(view)(ask()).headers["Content-Security-Policy"]
        nonces = {script["nonce"] for script in page[0].all("script")[1:]}
        assert [f"script-src 'nonce-{nonce}'" for nonce in nonces] == [policy]


class TestComponents:
    @pytest.mark.parametrize(("tag", "name"), COMPONENTS.items())
    def test_element_and_options(self, tag: str, name: str) -> None:
        given = {"appearance": {"elements": {"card": "shadow"}}}
        page = render(f"{{% {tag} options=given showName=True path=path %}}", ask(), given=given, path="/x")
        assert [element["data-clerk-component"] for element in page.all("div")] == [name]
        assert page.all("script") == [], "which htmx may take out of what it swaps in"
        assert page.options() == {**given, "showName": True, "path": "/x"}

    @pytest.mark.parametrize("tag", COMPONENTS)
    def test_without_options(self, tag: str) -> None:
        assert render(f"{{% {tag} %}}", ask()).options() == {}

    @pytest.mark.parametrize("tag", COMPONENTS)
    def test_where_a_variable_is_called_request(self, tag: str) -> None:
        context = RequestContext(ask("/page/"), {"request": "for a purchase"})
        page = Markup(Template(f"{{% load clerk %}}{{% {tag} %}}").render(context))
        assert page.all("noscript") == [{}]
        assert "http%3A%2F%2Fexample.com%2Fpage%2F" in str(page.all("a"))

    @pytest.mark.parametrize("tag", COMPONENTS)
    def test_what_a_visitor_sees_who_would_go_round(self, tag: str) -> None:
        """Clerk has a session, and the server refuses it time and again: a template, which only a script shows."""
        cookie = f"__session={mint(azp='https://elsewhere.example')}; __client_uat=1"
        with override_settings(CLERK_AUTHORIZED_PARTIES=["https://example.com"]):
            page = render(f"{{% {tag} %}}", ask(HTTP_COOKIE=cookie))
        is_box = tag in ("clerk_sign_in", "clerk_sign_up")
        assert len(page.all("template")) == is_box
        assert ("token-invalid-authorized-parties" in page.text) == is_box
        assert [button["data-clerk-sign-out"] for button in page.all("button")] == ["/"] * is_box
        assert render(f"{{% {tag} %}}", ask(HTTP_COOKIE=f"__session={mint()}; __client_uat=1")).all("template") == []

    @pytest.mark.parametrize("tag", COMPONENTS)
    def test_without_javascript_there_is_a_link_and_the_way_back(self, tag: str) -> None:
        page = render(f"{{% {tag} %}}", ask("/page/?n=1"))
        name = "sign-up" if tag == "clerk_sign_up" else "sign-in"
        back = "http%3A%2F%2Fexample.com%2Fpage%2F%3Fn%3D1"
        assert page.all("noscript") == [{}]
        assert page.all("a") == [{"href": f"https://accounts.example.com/{name}?redirect_url={back}"}]

    @override_settings(CLERK_SIGN_IN_URL="/sign-in/")
    @pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/factor-one", "/sign-in/?redirect_url=/x/"])
    def test_the_sign_in_page_does_not_lead_to_itself(self, path: str) -> None:
        page = render("{% clerk_sign_in %}", ask(path))
        if path == "/sign-in/factor-one":
            assert page.all("a") == [{"href": "/sign-in/"}]
        else:
            assert page.all("a") == []
            assert "This page needs JavaScript." in page.text

    def test_who_is_signed_in_is_not_told_to_sign_in(self) -> None:
        token = bearer(azp="https://example.com")["Authorization"]
        page = render("{% clerk_user_button %}", ask(HTTP_AUTHORIZATION=token))
        assert page.all("a") == []
        assert "JavaScript" in page.text

    def test_an_error_page_that_has_no_request_has_the_plain_link(self) -> None:
        assert render("{% clerk_user_button %}").all("a") == [{"href": "https://accounts.example.com/sign-in"}]


class TestSignOut:
    def test_it_waits_for_javascript(self) -> None:
        page = render("{% clerk_sign_out %}", ask())
        assert page.all("button") == [{"type": "button", "disabled": None, "data-clerk-sign-out": "/"}]
        assert page.text == "Sign out"

    def test_text_target_and_looks(self) -> None:
        page = render("{% clerk_sign_out 'Leave' redirect_url='/bye/' class='button quiet' %}", ask())
        assert page.all("button") == [
            {"class": "button quiet", "type": "button", "disabled": None, "data-clerk-sign-out": "/bye/"}
        ]
        assert page.text == "Leave"


def test_nothing_secret_is_in_a_page() -> None:
    secrets = {
        "CLERK_SECRET_KEY": "sk_live_VeryUnlikely",
        "CLERK_WEBHOOK_SIGNING_SECRET": "whsec_VmVyeVVubGlrZWx5",
        "CLERK_MACHINE_SECRET_KEY": "ak_VeryUnlikely",
    }
    tags = " ".join(f"{{% {tag} %}}" for tag in ["clerk_js", *COMPONENTS, "clerk_sign_out"])
    token = bearer(azp="https://example.com")["Authorization"]
    with override_settings(**secrets):
        html = Template("{% load clerk %}" + tags).render(RequestContext(ask(HTTP_AUTHORIZATION=token)))
    assert not any(secret in html for secret in (*secrets.values(), token.partition(" ")[2], "BEGIN PUBLIC KEY"))
