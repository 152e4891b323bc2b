"""A project whose one page is nothing but Clerk's own JavaScript: it mounts what the query asks for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html

from django_clerk.emulator.credentials import PUBLISHABLE_KEY
from tests.emulator.journey_urls import urlpatterns as journey

#: Of an instance at accounts.dev, with which Clerk's JavaScript has a value of its own for the browser.
ACCOUNTS_KEY = "pk_test_eC15LTEuY2xlcmsuYWNjb3VudHMuZGV2JA"

_SCRIPT = """
window.addEventListener("load", async () => {
  const box = document.getElementById("box");
  const mount = box.dataset.mount;
  await Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor }, telemetry: false });
  const options = { routing: "hash", fallbackRedirectUrl: "/page/", afterCreateOrganizationUrl: "/page/" };
  if (mount) Clerk[`mount${mount}`](box, options);
  document.body.dataset.ready = Clerk.user ? Clerk.user.id : "signed out";
});
"""


def page(request: HttpRequest, mount: str = "") -> HttpResponse:
    """Mount a component of Clerk's, such as SignIn, with a local Clerk on this site or, with ``clerk``, elsewhere."""
    return HttpResponse(
        format_html(
            '<!doctype html><title>Test</title><link rel="icon" href="data:,"><div id="box" data-mount="{mount}"></div>'
            '<script data-clerk-publishable-key="{key}" data-clerk-proxy-url="{clerk}/__clerk"'
            ' src="{clerk}/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js"></script>'
            '<script src="{clerk}/__clerk/npm/@clerk/ui@1/dist/ui.browser.js"></script>'
            '<script src="/page.js"></script>',
            mount=mount,
            key=ACCOUNTS_KEY if request.GET.get("key") == "accounts" else PUBLISHABLE_KEY,
            clerk=request.GET.get("clerk", ""),
        )
    )


def script(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_SCRIPT, content_type="text/javascript")


urlpatterns = [*journey, path("page/", page), path("page/<str:mount>/", page), path("page.js", script)]
