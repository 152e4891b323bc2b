"""One site for all tests of pages and API: it takes seconds to start, and each test signs in anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .project import Site, served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site")) as site:
        yield site
