"""A project with sign-in pages of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "django_clerk/page.html")


urlpatterns = [path("", include("django_clerk.urls")), path("home/", home)]
