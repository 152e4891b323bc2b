"""Blocks of pages: their conditions, and what a template must never show. For who is allowed, see test_doors."""

from __future__ import annotations

from typing import Any

import django
import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template, TemplateSyntaxError, engines
from django.template.backends.jinja2 import Jinja2
from django.template.response import TemplateResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.conditions import is_allowed
from django_clerk.models import ClerkUser
from tests.asynchronous import in_this_thread
from tests.mint import bearer, mint, organization
from tests.testapp.people import create_user
from tests.testapp.shown import block

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

LOAD = "{% load clerk %}"
IN_AND_OUT = "{% clerk_signed_in %}in{% else %}out{% endclerk_signed_in %}"


def shown(request: HttpRequest) -> HttpResponse:
    """Whatever template the test sends."""
    context = {"none": None, "empty": "", "admin": "admin", "roles": ["editor", "admin"], "number": 1}
    return HttpResponse(engines["django"].from_string(LOAD + request.GET["source"]).render(context, request))


async def async_shown(request: HttpRequest) -> HttpResponse:
    return shown(request)


async def async_asked(request: HttpRequest) -> HttpResponse:
    await request.auser()
    return shown(request)


async def async_response(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, engines["django"].from_string(LOAD + request.GET["source"]))


class ApiPage(APIView):
    renderer_classes = [TemplateHTMLRenderer]

    def get(self, request: Any) -> Response:
        return Response({}, template_name="testapp/in_and_out.html")


def in_jinja(request: HttpRequest) -> HttpResponse:
    jinja = Jinja2({"NAME": "jinja2", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}})
    jinja.env.globals["clerk_allows"] = is_allowed
    return HttpResponse(jinja.from_string(request.GET["source"]).render({}, request))


urlpatterns = [
    path("shown/", shown),
    path("async-shown/", async_shown),
    path("async-asked/", async_asked),
    path("async-response/", async_response),
    path("api-page/", ApiPage.as_view()),
    path("jinja/", in_jinja),
]


@pytest.fixture
def ada() -> Any:
    user = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    return user


def show(client: Client, source: str, url: str = "/shown/", **claims: Any) -> str:
    return client.get(url, {"source": source}, headers=bearer(**claims)).text


def compiled(source: str) -> Template:
    return Template(LOAD + source)


class TestConditions:
    GRANTED = {"o": organization("admin"), "pla": "o:pro", "metadata": {"role": "admin"}}

    @pytest.mark.parametrize(
        ("condition", "allowed"),
        [
            ('role="admin" plan="pro"', True),
            ('role="admin" role2="admin"', None),
            ('role="admin" plan="free"', False),
            ('role="org:admin" role="admin"', None),
            ("role=admin", True),
            ("role=roles", True),
            ('role="editor"', False),
            ("role=number", False),
            ("role=none", False),
            ("role=empty", False),
            ("role=missing", False),
            ("role=missing|default:admin", True),
            ('role="admin"|upper', False),
            ("permission=none", False),
            ("feature=none", False),
            ("plan=none", False),
            ("organization=none", False),
            ("organization=empty", False),
            ("organization=number", False),
            ("organization=True", True),
            ('organization="other"', False),
            ("reverification=none", False),
            ("reverification=empty", False),
            ("reverification=roles", False),
            ('reverification="strict"', True),
            ("owner=none", False),
            ("owner=missing", False),
            ('owner=none owner_field=""', None),
            ("owner=none owner_field=none", False),
        ],
    )
    @override_settings(DEBUG=True)
    def test_all_must_hold(self, condition: str, allowed: bool | None, ada: Any, client: Client) -> None:
        source = block(f"clerk_protect {condition}")
        if allowed is None:
            with pytest.raises(TemplateSyntaxError):
                show(client, source, **self.GRANTED)
        else:
            assert show(client, source, **self.GRANTED) == ("in" if allowed else "no")

    @pytest.mark.parametrize("string_if_invalid", ["admin", "INVALID %s"])
    def test_a_missing_variable_is_never_a_role(self, string_if_invalid: str, ada: Any) -> None:
        engine = engines["django"].engine
        before, engine.string_if_invalid = engine.string_if_invalid, string_if_invalid
        try:
            assert show(Client(), block("clerk_protect role=missing"), **self.GRANTED) == "no"
        finally:
            engine.string_if_invalid = before

    @pytest.mark.parametrize(
        "source",
        [
            "{% clerk_protect %}in{% endclerk_protect %}",
            '{% clerk_protect "admin" %}in{% endclerk_protect %}',
            "{% clerk_protect admin %}in{% endclerk_protect %}",
            '{% clerk_protect rolle="admin" %}in{% endclerk_protect %}',
            '{% clerk_protect role="" %}in{% endclerk_protect %}',
            '{% clerk_protect role="org:" %}in{% endclerk_protect %}',
            "{% clerk_protect role=5 %}in{% endclerk_protect %}{{ x.y|nothing }}",
            '{% clerk_protect reverification="stric" %}in{% endclerk_protect %}',
            '{% clerk_protect owner_field="author" %}in{% endclerk_protect %}',
            '{% clerk_protect role="admin" %}in{% else %}no{% else %}no{% endclerk_protect %}',
            '{% clerk_protect role="admin" %}in{% else now %}no{% endclerk_protect %}',
            '{% clerk_protect role="admin" %}in',
            '{% clerk_signed_in role="admin" %}in{% endclerk_signed_in %}',
            "{% clerk_signed_out now %}in{% endclerk_signed_out %}",
        ],
    )
    def test_what_cannot_be_right_does_not_compile(self, source: str) -> None:
        with pytest.raises(TemplateSyntaxError):
            compiled(source)

    def test_what_a_block_of_a_child_would_lose(self) -> None:
        """Django takes blocks out of a child's other tags: what is in them would be shown to everybody."""
        inner = '{% clerk_protect role="admin" %}{% block content %}in{% endblock %}{% endclerk_protect %}'
        compiled(inner)
        for child in (inner, f"{{% block content %}}{inner.replace('content', 'more')}{{% endblock %}}"):
            with pytest.raises(TemplateSyntaxError, match="would not be guarded"):
                Template('{% extends "x.html" %}' + LOAD + child)

    @pytest.mark.skipif(django.VERSION < (6, 0), reason="Django 5.2 has no partials")
    def test_what_a_partial_would_lose(self) -> None:
        partial = "{% partialdef secret inline %}in{% endpartialdef %}"
        with pytest.raises(TemplateSyntaxError, match="would not be guarded"):
            compiled(partial.join(('{% clerk_protect role="admin" %}', "{% endclerk_protect %}")))
        compiled(f'{partial}{{% clerk_protect role="admin" %}}{{% partial secret %}}{{% endclerk_protect %}}')

    def test_names_are_those_of_python_too(self, rf: Any) -> None:
        with pytest.raises(TypeError, match="rolle"):
            is_allowed(rf.get("/"), rolle="admin")
        with pytest.raises(TypeError, match="owner_field"):
            is_allowed(rf.get("/"), owner_field="author")
        assert not is_allowed(rf.get("/"))


class TestWhoIsAsking:
    def test_signed_in_and_out(self, ada: Any, client: Client) -> None:
        source = IN_AND_OUT + "{% clerk_signed_out %} out{% else %} in{% endclerk_signed_out %}"
        assert show(client, source) == "in in"
        assert client.get("/shown/", {"source": source}).text == "out out"
        ada.is_active = False
        ada.save()
        assert show(client, source) == "out out"

    def test_without_else(self, ada: Any, client: Client) -> None:
        source = "{% clerk_signed_in %}in{% endclerk_signed_in %}"
        assert show(client, source) == "in"
        assert client.get("/shown/", {"source": source}).text == ""

    def test_a_page_for_nobody(self) -> None:
        assert compiled(IN_AND_OUT).render(Context()) == "out"
        assert compiled(IN_AND_OUT).render(Context({"request": {"clerk": "x"}})) == "out"

    def test_a_variable_is_not_the_request(self, ada: Any, client: Client) -> None:
        """An API key's owner or a loop variable of this name must not become the caller."""
        source = f"{{% with request=none %}}{IN_AND_OUT}{{% endwith %}}"
        assert show(client, source) == "in"

    def test_a_page_of_rest_framework(self, ada: Any, client: Client) -> None:
        assert client.get("/api-page/", headers=bearer()).text.strip() == "in"
        assert client.get("/api-page/").text.strip() == "out"

    def test_pages_are_private(self, ada: Any, client: Client) -> None:
        response = client.get("/shown/", {"source": IN_AND_OUT})
        assert response["Cache-Control"] == "private"
        assert "Cookie" in response["Vary"]

    def test_jinja(self, ada: Any, client: Client) -> None:
        source = "{{ clerk_allows(request) }} {{ clerk_allows(request, role='admin') }} {{ request.clerk.token }}"
        assert show(client, source, "/jinja/", metadata={"role": "admin"}) == "True True "
        assert show(client, source, "/jinja/") == "True False "


class TestAsync:
    async def asked(self, url: str, **headers: Any) -> str:
        response = await AsyncClient().get(url, {"source": IN_AND_OUT}, headers=headers)
        return str(response.content.decode())

    @in_this_thread
    async def test_on_the_loop_and_in_a_thread(self) -> None:
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=await sync_to_async(create_user)())
        for url in ("/async-asked/", "/async-response/"):
            assert await self.asked(url, **bearer()) == "in"
            assert await self.asked(url) == "out"
        assert await self.asked("/async-shown/") == "out"  # nobody takes no query
        with pytest.raises(SynchronousOnlyOperation, match=r"await request\.auser\(\)"):
            await self.asked("/async-shown/", **bearer())


class TestSecrets:
    @pytest.mark.parametrize(
        "source",
        [
            "{{ request.clerk }}",
            "{{ request.clerk.token }}",
            "{{ request.clerk.token|safe }}",
            "{{ request.clerk.token|upper|lower }}",
            "{% with t=request.clerk.token %}{{ t }}{% endwith %}",
            "{% for letter in request.clerk.token %}{{ letter }}{% endfor %}",
            "{% filter force_escape %}{{ request.clerk.token }}{% endfilter %}",
            "{{ user.clerk_auth }}{{ user.clerk_auth.token }}",
            "{{ request.clerk.claims }}{{ request.clerk.session }}{{ request.clerk.session.payload }}",
            "{{ request.clerk.token|pprint }}{{ request.clerk|pprint }}{{ request|pprint }}",
            "{{ request.clerk.token|json_script:'x' }}",
            "{% if request.clerk.is_signed_in %}{{ request.clerk.token.strip }}{% endif %}",
        ],
    )
    def test_no_token_on_a_page(self, source: str, ada: Any, client: Client) -> None:
        token = mint()
        page = show(client, source, token=token)
        for piece in token.split("."):
            assert piece not in page
        assert token[:12] not in page

    def test_code_has_the_token(self, ada: Any, client: Client) -> None:
        token = mint()
        auth = client.get(
            "/shown/", {"source": "{{ request.clerk.role }}"}, headers=bearer(token=token)
        ).wsgi_request.clerk
        assert auth.token == token
        assert f"Bearer {auth.token}" == f"Bearer {token}"
        assert str(auth.token) == token
        assert token not in repr(auth.token)
        assert token[:12] not in repr({"auth": auth, "token": auth.token})
        with pytest.raises(TypeError):
            auth.token()

    def test_what_a_page_may_say(self, ada: Any, client: Client) -> None:
        ClerkUser.objects.update(role="editor")
        source = (
            "{% if request.clerk.is_signed_in %}{{ request.clerk.user_id }} {{ request.clerk.role }} "
            "{{ request.clerk.org.slug }} {{ request.clerk.permissions.0 }}{% endif %}"
        )
        claims = {"o": organization(per="read", fpm="1"), "fea": "o:reports"}
        assert show(client, source, **claims) == "user_ada editor acme org:reports:read"
        assert client.get("/shown/", {"source": source}).text == ""

    def test_the_object_itself_is_no_proof(self, ada: Any, client: Client) -> None:
        source = "{% if request.clerk %}in{% else %}out{% endif %}"
        assert show(client, source) == "in"
        assert client.get("/shown/", {"source": source}).text == "out"
