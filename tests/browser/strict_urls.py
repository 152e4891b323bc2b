"""A project whose pages run nothing that its Content-Security-Policy does not name by a nonce."""

from __future__ import annotations

from django.contrib.staticfiles.views import serve
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

_PAGE = """<!doctype html>{% load clerk %}
<html lang="en"><head><title>Strict</title><link rel="icon" href="data:,">{% clerk_js %}</head>
<body><main><h1>Strict</h1>{% clerk_user_button %}{% clerk_sign_out %}</main></body></html>"""


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(_PAGE).render(RequestContext(request)))


def icon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


urlpatterns = [
    path("", home),
    path("favicon.ico", icon),
    path("files/<path:path>", serve, {"insecure": True}),
    path("", include("django_clerk.urls")),
    path("__clerk/", include("django_clerk.emulator.urls")),
    path("__clerk_api/", include("django_clerk.emulator.api_urls")),
]
