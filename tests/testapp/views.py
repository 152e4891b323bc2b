"""Every rule at every sync door, each at ``<door>/<rule>/<post>/``. Whoever is let in is told "in"."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views import View
from django.views.generic.detail import SingleObjectMixin

from django_clerk.callers import subject_of
from tests.testapp.models import Post
from tests.testapp.rules import DECORATORS, MIXINS, POLICIES


def let_in(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


class PostView(SingleObjectMixin, View):
    queryset = Post.objects.all()

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


def judge(request: HttpRequest, rule: str, pk: int) -> JsonResponse:
    """What the policy itself says."""
    decision = POLICIES[rule].decide(subject_of(request), Post.objects.filter(pk=pk).first())
    return JsonResponse({"answer": decision.answer.value})


urlpatterns = [
    path("policy/<rule>/<int:pk>/", judge),
    *(path(f"decorator/{rule}/<int:pk>/", decorate(let_in)) for rule, decorate in DECORATORS.items()),
    *(
        path(f"mixin/{rule}/<int:pk>/", type("Guarded", (mixin, PostView), attributes).as_view())
        for rule, (mixin, attributes) in MIXINS.items()
    ),
]
