"""Every rule at every async door."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View
from django.views.generic.detail import SingleObjectMixin

from tests.testapp.models import Post
from tests.testapp.rules import DECORATORS, MIXINS


async def let_in(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


class PostView(SingleObjectMixin, View):
    queryset = Post.objects.all()

    async def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


urlpatterns = [
    *(path(f"async-decorator/{rule}/<int:pk>/", decorate(let_in)) for rule, decorate in DECORATORS.items()),
    *(
        path(f"async-mixin/{rule}/<int:pk>/", type("Guarded", (mixin, PostView), attributes).as_view())
        for rule, (mixin, attributes) in MIXINS.items()
    ),
]
