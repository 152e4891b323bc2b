"""What users may have put into options, texts and addresses stays data, whatever the template says of escaping."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory, override_settings
from django.utils.safestring import mark_safe

from tests.markup import Markup
from tests.test_components import COMPONENTS

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "-->",
    "]]>",
    "\u2028alert(1)\u2029",
    "\"'><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "&quot;&lt;/script&gt;",
    "\x00\x1b",
    "{{ secret }}{% load %}",
]
WRAPPERS = ["{body}", "{{% autoescape off %}}{body}{{% endautoescape %}}"]


def render(body: str, **context: Any) -> str:
    request = RequestFactory().get("/", HTTP_HOST="example.com")
    return str(Template("{% load clerk %}" + body).render(RequestContext(request, {"secret": "s3cret", **context})))


REFUSED = ["template", "p", "code", "p", "button"]  #: what is kept for whom Clerk's box would send round and round


def shape(page: Markup) -> list[tuple[str, dict[str, str | None]]]:
    """Return the elements, but for what the options of components say."""
    return [(tag, {**given, "data-clerk-options": ""}) for tag, given in page.elements]


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=["escaping", "not escaping"])
@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("tag", ["clerk_js", *COMPONENTS])
def test_an_option_is_what_it_was_and_nothing_else(tag: str, hostile: str, wrapper: str) -> None:
    calm = Markup(render(wrapper.format(body=f"{{% {tag} name='x' options=options %}}"), options={"x": ["y"]}))
    for value in (hostile, mark_safe(hostile)):
        html = render(
            wrapper.format(body=f"{{% {tag} name=hostile options=options %}}"), hostile=value, options={value: [value]}
        )
        page = Markup(html)
        told = page.data() if tag == "clerk_js" else page.options()
        assert (told["name"], told[hostile]) == (hostile, [hostile])
        assert shape(page) == shape(calm), "an element or an attribute has been added"
        assert "\u2028" not in html
        assert not any(character in "".join(page.scripts) for character in "<>&\u2029")


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=["escaping", "not escaping"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_sign_out_button_holds_text(hostile: str, wrapper: str) -> None:
    html = render(wrapper.format(body="{% clerk_sign_out hostile title=hostile redirect_url='/' %}"), hostile=hostile)
    page = Markup(html)
    assert [tag for tag, _ in page.elements] == ["button"]
    assert page.all("button")[0]["title"] == page.text == hostile
    assert set(page.all("button")[0]) == {"title", "type", "disabled", "data-clerk-sign-out"}


@pytest.mark.parametrize("path", ['/"onmouseover="alert(1)', "/'><script>alert(1)</script>", "//evil.example/"])
def test_the_address_of_the_page_is_only_the_way_back(path: str) -> None:
    request = RequestFactory().get("/", HTTP_HOST="example.com")
    request.path = request.path_info = path
    html = Template("{% load clerk %}{% clerk_user_button %}").render(RequestContext(request))
    page = Markup(str(html))
    assert [tag for tag, _ in page.elements] == ["div", "noscript", "a"]
    assert list(page.all("a")[0]) == ["href"]
    href = page.all("a")[0]["href"] or ""
    assert href.startswith("https://accounts.example.com/sign-in?redirect_url=http%3A%2F%2Fexample.com%2F")


@override_settings(
    CLERK_PROXY_URL='/__clerk"onload="alert(1)', CLERK_SIGN_IN_URL='/"><script>', CLERK_AFTER_SIGN_IN_URL="/</script>"
)
def test_not_even_settings_can_break_out() -> None:
    page = Markup(render("{% clerk_js %}{% clerk_sign_in %}"))
    assert [tag for tag, _ in page.elements] == ["script"] * 4 + ["div", *REFUSED, "noscript", "a"]
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError):
        render("{% clerk_user_button user=user %}", user=object())
