"""What pages ask: every rule as a block of a template, and permissions as Django's own. The answer is "in" or "no"."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path

from tests.testapp.async_views import let_in as alet_in
from tests.testapp.models import Post
from tests.testapp.rules import PERMISSION, TAGS
from tests.testapp.views import let_in


def block(tag: str, inside: str = "in", otherwise: str = "no") -> str:
    return f"{{% {tag} %}}{inside}{{% else %}}{otherwise}{{% end{tag.split()[0]} %}}"


def template_of(rule: str) -> Any:
    tag, *others = TAGS[rule]
    return engines["django"].from_string("{% load clerk %}" + block(tag, otherwise=block(*others) if others else "no"))


def shown(request: HttpRequest, rule: str, pk: int) -> HttpResponse:
    return HttpResponse(template_of(rule).render({"post": Post.objects.get(pk=pk)}, request))


async def ashown(request: HttpRequest, rule: str, pk: int) -> HttpResponse:
    return TemplateResponse(request, template_of(rule), {"post": await Post.objects.aget(pk=pk)})


def has_perm(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in" if request.user.has_perm(PERMISSION) else "no")


async def ahas_perm(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    user = await request.auser()
    return HttpResponse("in" if await user.ahas_perm(PERMISSION) else "no")


urlpatterns = [
    path("template/<rule>/<int:pk>/", shown),
    path("async-template/<rule>/<int:pk>/", ashown),
    path("has-perm/<rule>/<int:pk>/", has_perm),
    path("async-has-perm/<rule>/<int:pk>/", ahas_perm),
    path("permission-required/<rule>/<int:pk>/", permission_required(PERMISSION, raise_exception=True)(let_in)),
    path("async-permission-required/<rule>/<int:pk>/", permission_required(PERMISSION, raise_exception=True)(alet_in)),
]
