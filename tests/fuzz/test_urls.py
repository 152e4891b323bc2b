"""URLs as a browser writes them: read twice they are the same, and no path or query changes whose they are."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import strategies as st

from django_clerk.core.organizations import OrganizationPatterns, UrlOrganization
from django_clerk.core.urls import Url, make_url, read_query, read_url, with_parameter, write_query
from tests.fuzz.asking import targets
from tests.fuzz.examples import fuzz
from tests.fuzz.oracle import origin_of

HOSTS = ["example.com", "EXAMPLE.com", "example.com:443", "example.com:80", "example.com:8443", "[::1]:8000", "a.b.c."]
_pieces = st.sampled_from(
    [
        "/", "//", "\\", ".", "..", "%2e", "%2E%2e", ".%2e", "%2f", "%5c", "a", "é", "%c3%a9", "%", "%zz", "%00",
        "%0d%0a", "\r\n", "\t", " ", "@", ":", "?", "#", ";", "=", "&", "+", "~", "*", "'", '"', "<", "[", "|", "^",
        "`", "{", "\x7f", "\x85", "\u2028", "\uff0f", "\U0001f600", "evil.example", "https:", "__clerk_handshake",
    ]
)  # fmt: skip
texts = st.one_of(st.lists(_pieces, max_size=8).map("".join), st.text(max_size=10))
names = st.sampled_from(["__clerk_db_jwt", "__clerk_handshake", "a", "", "é", "a=b", "a&b", "%61", "+", "~"])
paths = st.one_of(texts, st.just("\ud800")).map(lambda text: f"/{text}")
queries = st.one_of(texts, st.lists(st.tuples(names, texts), max_size=4).map(write_query))
urls = st.builds(make_url, st.sampled_from(["http", "https", "HTTPS"]), st.sampled_from(HOSTS), paths, queries)
_visible = {*map(chr, range(0x21, 0x7F))}


def same(url: Url) -> Url:
    """Return the URL read from its own text."""
    return read_url(str(url))


@fuzz(times=2, scheme=st.sampled_from(["http", "https"]), host=st.sampled_from(HOSTS), path=paths, query=queries)
def test_no_path_or_query_changes_the_origin(scheme: str, host: str, path: str, query: str) -> None:
    url = make_url(scheme, host, path, query)
    origin = make_url(scheme, host, "/", "").origin
    for one in (url, url.without("a"), url.without(), url.having("a", query), url.having("é", "")):
        assert one.origin == origin == origin_of(str(one))
        assert set(str(one)) <= _visible
        assert one.path == url.path
        assert one.path.startswith("/")
        assert not {"#", "?", "\\"} & set(one.path)
        assert one.path.lower().count("%5c") <= path.lower().count("%5c")  # a backslash is a slash to browsers
        parts = urlsplit(str(one))
        assert (parts.scheme, parts.netloc, parts.path, parts.query) == (*origin.split("://"), one.path, one.query)


@fuzz(times=2, url=urls)
def test_reading_what_was_written_changes_nothing(url: Url) -> None:
    assert same(url) == url
    assert make_url(*url.origin.split("://"), url.path, url.query) == url
    assert not {".", "..", "%2e", "%2e%2e", ".%2e", "%2e."} & {piece.lower() for piece in url.path.split("/")}


@fuzz(times=2, url=urls, gone=st.lists(names, max_size=3), name=names, value=texts)
def test_parameters_come_and_go_alone(url: Url, gone: list[str], name: str, value: str) -> None:
    less = url.without(*gone)
    assert less.without(*gone) == less == same(less)
    assert read_query(less.query) == [pair for pair in read_query(url.query) if pair[0] not in gone]
    more = url.having(name, value)
    assert more.having(name, value) == more == same(more)
    assert more.get(name) == value
    assert [pair[1] for pair in read_query(more.query) if pair[0] == name] == [value]
    assert more.without(name) == url.without(name)
    assert url.without(*gone).get(name) == (None if name in gone else url.get(name))


@fuzz(times=2, text=st.one_of(targets.map("".join), texts, st.tuples(targets.map("".join), texts).map("".join)))
def test_any_text_is_a_url_or_a_value_error(text: str) -> None:
    try:
        url = read_url(text)
    except ValueError:
        return
    assert same(url) == url
    assert "@" not in url.origin
    if re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", url.origin):
        assert set(str(url)) <= _visible


@fuzz(
    base=st.sampled_from(["https://primary.example/sign-in", "/sign-in/", "https://primary.example/a?b=%2F&b=2#top"]),
    name=names,
    value=texts,
)
def test_a_parameter_of_any_url(base: str, name: str, value: str) -> None:
    url = with_parameter(base, name, value)
    assert with_parameter(url, name, value) == url
    before, after = urlsplit(base), urlsplit(url)
    assert (before.scheme, before.netloc, before.path, before.fragment) == (*after[:3], after.fragment)
    assert [pair[1] for pair in read_query(after.query) if pair[0] == name] == [value]


patterns = st.lists(
    st.sampled_from(
        ["/", "orgs", ":slug", ":id", "(.*)", ":slug?", ":id(\\d+)", "(a|b)", ".", "?", "*", "+", "{", "(", "é", ":"]
    ),
    max_size=6,
).map("".join)


@fuzz(pattern=patterns, personal=patterns, path=urls.map(lambda url: url.path) | texts)
def test_patterns_match_or_are_refused(pattern: str, personal: str, path: str) -> None:
    try:
        found = OrganizationPatterns([pattern], [personal]).match(path)
    except ValueError as error:
        assert "Invalid pattern" in str(error)  # noqa: PT017 - or none is raised
        return
    assert found is None or isinstance(found, UrlOrganization)
    if found is not None and found != UrlOrganization():
        assert found.parameter in path
        assert ":slug(" in pattern or ":id(" in pattern or not {"/", "?", "#"} & set(found.parameter)


@pytest.mark.parametrize("path", ["/orgs/" + "a" * 20_000, "/orgs/" + "/".join("a" * 5_000), "/me" * 5_000])
def test_long_paths_are_no_work(path: str) -> None:
    assert OrganizationPatterns(["/orgs/:slug", "/orgs/:slug/(.*)", "/:id/(.*)?/x"]).match(path + "!") is not False
