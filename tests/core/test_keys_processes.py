"""Keys among processes that share a memory, and among instances that share nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from django_clerk.core.keys import JwksKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import APIUnavailable, InvalidToken, KeysUnavailable
from tests.clock import Clock
from tests.jwks import OTHER_KEY, document, jwk
from tests.keys import PRIVATE_KEY
from tests.mint import mint

OLD, NEW = jwk("ins_old"), jwk("ins_new", OTHER_KEY)


def knock(keys: JwksKeys, kid: str = "ins_old") -> str:
    try:
        keys.get(kid)
    except (InvalidToken, KeysUnavailable) as error:
        return error.reason
    return "key"


class Store:
    """The memory that processes share, with all they wrote to it."""

    def __init__(self, *entry: Any) -> None:
        self.entry = entry or None
        self.saved = 0

    def load(self) -> Any:
        return self.entry

    def save(self, fetched_at: float, document: Mapping[str, Any]) -> None:
        self.saved += 1
        self.entry = (fetched_at, document)


class TestProcesses:
    @pytest.fixture(autouse=True)
    def _make(self) -> None:
        self.clock, self.wall_clock = Clock(50.0), Clock(1_800_000_000.0)
        self.asked = 0

    def fail(self) -> Mapping[str, Any]:
        raise APIUnavailable("GET /v1/jwks: the connection failed.")

    def process(self, store: Store, *served: dict[str, Any]) -> JwksKeys:
        def fetch() -> Mapping[str, Any]:
            self.asked += 1
            return document(*served) if served else self.fail()

        return JwksKeys(fetch, store, ttl=300, stale=3600, clock=self.clock, wall_clock=self.wall_clock)

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.wall_clock.forward(seconds)

    def test_one_fetches_for_all(self) -> None:
        store = Store()
        for _ in range(8):
            assert knock(self.process(store, OLD)) == "key"
        assert (self.asked, store.saved) == (1, 1)

    def test_a_shared_document_is_no_younger_for_being_read(self) -> None:
        store = Store()
        knock(self.process(store, OLD))
        self.forward(299)
        late = self.process(store, NEW)
        assert knock(late) == "key"
        self.forward(1)
        assert knock(late) == "jwk-kid-mismatch"
        assert self.asked == 2

    def test_a_new_key_that_another_process_found_costs_no_fetch(self) -> None:
        store = Store()
        mine = self.process(store, OLD)
        knock(mine)
        self.forward(1)
        knock(self.process(Store(), OLD, NEW))
        store.save(self.wall_clock(), document(OLD, NEW))
        assert knock(mine, "ins_new") == "key"
        assert self.asked == 2

    def test_a_forgery_after_a_shared_document_costs_no_fetch_within_the_while(self) -> None:
        store = Store()
        mine = self.process(store, OLD)
        knock(mine)
        self.forward(299)
        knock(mine, "ins_forged")
        self.forward(1)
        assert self.asked == 2
        mine._set = None  # forgotten, as after a restart
        assert knock(mine, "ins_forged") == "jwk-kid-mismatch"
        assert self.asked == 2

    def test_a_stale_shared_document_serves_through_an_outage(self) -> None:
        store = Store(self.wall_clock(), document(OLD))
        self.forward(3000)
        fresh_worker = self.process(store)
        assert knock(fresh_worker) == "key"
        assert self.asked == 1
        self.forward(901)
        assert knock(fresh_worker) == "jwk-remote-failed-to-load"
        assert knock(self.process(store)) == "jwk-remote-failed-to-load"

    @pytest.mark.parametrize("age", [-1, -3600, 3900, 10**6, float("nan"), float("inf")])
    def test_a_document_of_no_known_age_is_not_used(self, age: float) -> None:
        store = Store(self.wall_clock() - age, document(NEW))
        assert knock(self.process(store, OLD)) == "key"
        assert knock(self.process(Store(self.wall_clock() - age, document(NEW))), "ins_new") != "key"

    def test_a_clock_set_back_keeps_no_key_alive(self) -> None:
        mine = self.process(Store(), OLD)
        knock(mine)
        self.clock.forward(300)
        self.wall_clock.forward(-3600)
        assert knock(mine) == "key"
        assert self.asked == 2

    def test_an_older_document_does_not_undo_a_newer_one(self) -> None:
        store = Store()
        mine = self.process(store, NEW)
        knock(mine, "ins_new")
        store.entry = (self.wall_clock() - 100, document(OLD))
        assert knock(mine, "ins_old") == "jwk-kid-mismatch"
        assert knock(mine, "ins_new") == "key"

    @pytest.mark.parametrize("broken", [{}, {"keys": []}, {"keys": [1]}, [], None, "x", {"keys": [OLD, OLD]}])
    def test_a_broken_shared_document_is_a_miss(self, broken: Any) -> None:
        assert knock(self.process(Store(self.wall_clock(), broken), OLD)) == "key"
        assert self.asked == 1

    def test_the_store_is_not_asked_for_each_forgery(self) -> None:
        class Counted(Store):
            loaded = 0

            def load(self) -> Any:
                self.loaded += 1
                return super().load()

        store = Counted()
        mine = self.process(store, OLD)
        for number in range(100):
            knock(mine, f"ins_{number}")
        assert store.loaded <= 3


def test_two_instances_with_one_key_id_stay_apart() -> None:
    mine = TokenVerifier(JwksKeys(lambda: document(jwk("ins_same", PRIVATE_KEY))))
    theirs = TokenVerifier(JwksKeys(lambda: document(jwk("ins_same", OTHER_KEY))))
    headers = {"kid": "ins_same"}
    for number in range(20):
        my_token, their_token = (mint(key=key, headers=headers, jti=str(number)) for key in (PRIVATE_KEY, OTHER_KEY))
        assert mine.verify(my_token).user_id
        assert theirs.verify(their_token).user_id
        for verifier, foreign in ((mine, their_token), (theirs, my_token)):
            with pytest.raises(InvalidToken, match="signature is invalid"):
                verifier.verify(foreign)


def test_a_remembered_token_goes_with_its_key() -> None:
    clock, served = Clock(1000.0), [document(jwk())]
    verifier = TokenVerifier(JwksKeys(lambda: served[-1], clock=clock))
    token = mint()
    session = verifier.verify(token)
    clock.forward(300)
    assert verifier.verify(token) is session  # the same key, fetched anew
    served.append(document(jwk(key=OTHER_KEY)))
    clock.forward(300)
    with pytest.raises(InvalidToken, match="signature is invalid"):
        verifier.verify(token)
    served.append(document(NEW))
    clock.forward(300)
    with pytest.raises(InvalidToken, match="key of this instance"):
        verifier.verify(token)


def test_forged_signatures_under_a_genuine_id_cost_no_fetch() -> None:
    asked = []
    verifier = TokenVerifier(JwksKeys(lambda: asked.append(1) or document()))  # type: ignore[func-returns-value]
    genuine, forged = mint(), mint(key=OTHER_KEY).rpartition(".")[0]
    for number in range(1000):
        with pytest.raises(InvalidToken):
            verifier.verify(f"{forged}.{number:0342d}")
    assert verifier.verify(genuine).user_id
    assert len(asked) == 1
