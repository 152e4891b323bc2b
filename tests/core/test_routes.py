"""The route policy as a value: which rule decides about a URL, whatever else is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_clerk.core.paths import is_plain, plain
from django_clerk.core.patterns import NamePattern, NamespacePattern, PathPattern, Route, read_pattern
from django_clerk.core.routes import Access, Routes

ABOUT = Route.of([], "about", "about/")
LOGIN = Route.of(["admin"], "login", "admin/login/")
INVOICE = Route.of(["shop", "billing"], "invoice", "shop/billing/<int:pk>/")
REGEX = Route.of([], None, r"^archive/(?P<year>[0-9]{4})/$")
ANYTHING = Route.of([], None, "<path:rest>")


def rules(route: Route, path: str, *, opened: bool = False, **lists: Any) -> list[str]:
    found = Routes(**lists).rules_for(route, path, opened=opened)
    return [rule.name.removeprefix("CLERK_").replace("_ROUTES", "") for rule in found]


class TestPattern:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("about", NamePattern),
            ("post-list", NamePattern),
            ("shop:billing:invoice", NamePattern),
            ("shop:", NamespacePattern),
            ("shop:billing:", NamespacePattern),
            ("*", PathPattern),
            ("/", PathPattern),
            ("/.*", PathPattern),
            (r"/posts/[0-9]+/(edit|delete)/", PathPattern),
            (r"/a\|b/", PathPattern),
            ("/a[|]b/", PathPattern),
        ],
    )
    def test_kinds(self, text: str, kind: type) -> None:
        assert type(read_pattern(text)) is kind

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "neither"),
            ("^/about/", "starts with a slash"),
            (".*", "starts with a slash"),
            ("about/", "starts with a slash"),
            ("a b", "starts with a slash"),
            (":about", "starts with a slash"),
            ("shop::invoice", "starts with a slash"),
            ("https://example.com/", "starts with a slash"),
            ("/(", "no regular expression"),
            ("/[", "no regular expression"),
            ("/*+?", "no regular expression"),
            ("/a|/b", "alternatives"),
            ("/a(b|c)|d", "alternatives"),
        ],
    )
    def test_what_is_none(self, text: str, told: str) -> None:
        for lists in ({"public": [text]}, {"protected": [text]}, {"roles": {text: ["admin"]}}):
            with pytest.raises(ValueError, match=told):
                Routes(**lists)  # type: ignore[arg-type]

    @pytest.mark.parametrize("roles", [(), [""], ["org:"], [" "]])
    def test_no_role_is_no_rule(self, roles: Any) -> None:
        with pytest.raises(ValueError, match="needs at least one name"):
            Routes(roles={"about": roles})

    @pytest.mark.parametrize(
        ("text", "beginning", "covers_all_below"),
        [
            ("*", "/", True),
            ("/.*", "/", True),
            ("/(.*)", "/", True),
            ("/shop/.*", "/shop/", True),
            ("/shop.*", "/shop", True),
            (r"/robots\.txt", "/robots.txt", False),
            ("/shop/.+", "/shop/", False),
            ("/shop/.*$", "/shop/", False),
            ("/shops?/.*", "/shop", False),
            ("/sho(p)/.*", "/sho", False),
            ("/sho{0}p", "/sh", False),
            (r"/\d+/", "/", False),
        ],
    )
    def test_beginning(self, text: str, beginning: str, covers_all_below: bool) -> None:
        pattern = PathPattern(text)
        assert (pattern.beginning, pattern.covers_all_below) == (beginning, covers_all_below)

    def test_beginning_of_a_route(self) -> None:
        assert [route.beginning for route in (ABOUT, LOGIN, INVOICE, REGEX, ANYTHING)] == [
            "/about/", "/admin/login/", "/shop/billing/", "/archive/", "/",
        ]  # fmt: skip


class TestPrecedence:
    """The table of docs/routes.rst."""

    @pytest.mark.parametrize(
        ("lists", "route", "path", "expected"),
        [
            ({"protected": ["*"]}, ABOUT, "/about/", ["PROTECTED *"]),
            ({"protected": ["*"], "public": ["about"]}, ABOUT, "/about/", ["PUBLIC about"]),
            ({"protected": ["/.*"], "public": ["/about/"]}, ABOUT, "/about/", ["PUBLIC /about/"]),
            ({"protected": ["*"], "public": ["admin:"]}, LOGIN, "/admin/login/", ["PUBLIC admin:"]),
            ({"protected": ["admin:"], "public": ["admin:login"]}, LOGIN, "/admin/login/", ["PUBLIC admin:login"]),
            ({"roles": {"/admin/.*": ["a"]}, "public": ["admin:login"]}, LOGIN, "/admin/login/",
             ["PUBLIC admin:login"]),
            ({"public": ["shop:"], "protected": ["shop:billing:"]}, INVOICE, "/x", ["PROTECTED shop:billing:"]),
            ({"public": ["/shop/.*"], "protected": ["/shop/billing/.*"]}, INVOICE, "/shop/billing/1/",
             ["PROTECTED /shop/billing/.*"]),
            ({"public": ["*"], "protected": ["about"]}, ABOUT, "/about/", ["PROTECTED about"]),
            # Neither lies within the other: the stricter decides.
            ({"public": ["about"], "protected": ["about"]}, ABOUT, "/about/", ["PROTECTED about"]),
            ({"public": ["/.*"], "protected": ["*"]}, ABOUT, "/about/", ["PROTECTED *"]),
            ({"public": ["shop:"], "protected": ["/shop/.*"]}, INVOICE, "/shop/billing/1/", ["PROTECTED /shop/.*"]),
            ({"public": ["shop:billing:invoice"], "protected": ["/shop/billing/1.*"]}, INVOICE, "/shop/billing/1/",
             ["PROTECTED /shop/billing/1.*"]),
            ({"public": ["/blog/.*"], "protected": ["/[^/]+/secret/"]}, ANYTHING, "/blog/secret/",
             ["PROTECTED /[^/]+/secret/"]),
            ({"protected": ["about"], "roles": {"about": ["a"]}}, ABOUT, "/about/", ["ROLE about: has_role(a)"]),
            # Of equally strict ones all are kept.
            ({"roles": {"shop:": ["a"], "/shop/.*": ["b", "c"]}}, INVOICE, "/shop/billing/1/",
             ["ROLE shop:: has_role(a)", "ROLE /shop/.*: has_role(b, c)"]),
            ({"roles": {"shop:": ["a"], "shop:billing:": ["b"]}}, INVOICE, "/x", ["ROLE shop:billing:: has_role(b)"]),
            # What is not spoken of.
            ({"protected": ["shop:", "abou", "/about", "about:"]}, ABOUT, "/about/", []),
            ({"protected": ["bill:", "billing:", "invoice", "billing:invoice"]}, INVOICE, "/x", []),
        ],
    )  # fmt: skip
    def test_who_decides(self, lists: Any, route: Route, path: str, expected: list[str]) -> None:
        assert rules(route, path, **lists) == expected

    def test_view_that_opens_itself(self) -> None:
        for lists, expected in (
            ({"protected": ["*"]}, []),
            ({"protected": ["admin:"]}, []),
            ({"protected": ["/admin/login/"]}, []),
            ({"protected": ["admin:login"]}, ["PROTECTED admin:login"]),
            ({"roles": {"*": ["a"]}}, ["ROLE *: has_role(a)"]),
        ):
            assert rules(LOGIN, "/admin/login/", opened=True, **lists) == expected  # type: ignore[arg-type]


class TestSpelling:
    @pytest.mark.parametrize(
        "path",
        [
            "/ADMIN/x", "//admin/x", "/admin//x", "/./admin/x", "/x/../admin/x", "/admin\\x", "\\admin\\x",
            "/admin;a=1/x",
            "/%61dmin/x", "/%2561dmin/x", "/admin%2fx", "/ａdmin/x", "/admin\x00/x", "/admin ./x", "/admin/\n",
        ],
    )  # fmt: skip
    def test_what_may_be_protected_is(self, path: str) -> None:
        assert rules(ANYTHING, path, protected=["/admin/.*"]) == ["PROTECTED /admin/.*"]

    @pytest.mark.parametrize(
        "path",
        [
            "/Public/x", "/public//x", "/public/../admin/", "/public/..", "/public/./x", "/public/%2e%2e/x",
            "/public/;x", "/public\\x",
            "/public/x\x00", "/public/x\n", "/public/x.", "/public/x /y", "/public/ｘ", "/public/a\u00a0b",
        ],
    )  # fmt: skip
    def test_what_may_not_be_public_is_not(self, path: str) -> None:
        assert rules(ANYTHING, path, protected=["*"], public=["/public/.*"]) == ["PROTECTED *"]

    @pytest.mark.parametrize("path", ["/public/x", "/public/a b.pdf", "/public/é", "/public/.well-known/x", "/public/"])
    def test_what_is_public_is(self, path: str) -> None:
        assert rules(ANYTHING, path, protected=["*"], public=["/public/.*"]) == ["PUBLIC /public/.*"]

    @given(st.text(max_size=60))
    def test_plain_form_is_plain(self, path: str) -> None:
        assert plain(path).startswith("/")
        if path.startswith("/") and is_plain(path):
            assert plain(path) == path


TEXTS = st.sampled_from(
    ["*", "/.*", "/(.*)", "/shop/.*", "/shop/(.*)", "/shop/billing/.*", "/shop/billing/1/", r"/shop/.+", "/shop.*",
     "shop:", "shop:billing:", "shop:billing:invoice", "/[^/]+/billing/.*"]
)  # fmt: skip


@given(st.sets(TEXTS), st.sets(TEXTS), st.sets(TEXTS))
def test_no_lists_lose_a_rule(public: set[str], protected: set[str], held: set[str]) -> None:
    """Somebody decides wherever something is said, and it is public only if something that says so is the narrowest."""
    routes = Routes(public, protected, {text: ["admin"] for text in held})
    matching = [rule for rule in routes.rules if rule.matches(INVOICE, "/shop/billing/1/")]
    deciding = routes.rules_for(INVOICE, "/shop/billing/1/")
    assert bool(deciding) == bool(matching)
    assert len({rule.access for rule in deciding}) <= 1
    if deciding and deciding[0].access is Access.PUBLIC:
        stricter = [rule.pattern for rule in matching if rule.access is not Access.PUBLIC]
        assert all(any(one.holds(rule.pattern, INVOICE) for rule in matching) for one in stricter)
