"""A project with pages that a browser could be led astray from."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path, re_path

from django_clerk.decorators import clerk_login_required, clerk_reverification_required
from tests.browser.strict_urls import urlpatterns as strict

_PAGE = """<!doctype html>{% load clerk %}
<html lang="en"><head><title>Page</title><link rel="icon" href="data:,">{% clerk_js %}</head>
<body><main><h1>For members</h1><div data-clerk-component="UserButton">What somebody wrote</div>
<div data-clerk-component="UserProfile" data-clerk-options="{">And somebody else</div>
{% clerk_sign_out %}</main></body></html>"""


@clerk_login_required
def members(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(_PAGE).render(RequestContext(request)))


@clerk_reverification_required("strict")
def sensitive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>Verified</h1>")


urlpatterns = [path("members/", members), re_path("^.*evil.*$", sensitive), *strict]
