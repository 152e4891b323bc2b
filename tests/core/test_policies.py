"""Rules, and what becomes of them when they are combined. No database: a policy asks only its subject."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from django_clerk.core import policies
from django_clerk.core.auth import Auth
from django_clerk.core.claims import read_claims
from django_clerk.core.policies import Answer, Policy, Subject
from tests.mint import claims, organization

ORG_ADMIN = {"o": organization("admin", per="manage", fpm="1"), "fea": "o:billing,u:beta", "pla": "u:pro"}

YES = Policy("yes", lambda subject, obj: True)
NO = Policy("no", lambda subject, obj: False)
FRESH = policies.reverified("lax")
STALE = policies.reverified("strict")


def somebody(**changes: Any) -> Subject:
    return Subject(Auth(read_claims(claims(**{"fva": [30, 30], **changes})), "a.b.c", "header"), lambda: "ada")


def shut_out(**changes: Any) -> Subject:
    return Subject(Auth(read_claims(claims(**changes)), "a.b.c", "header"), lambda: None)


def unavailable() -> Subject:
    return Subject(Auth(reason="jwk-remote-failed-to-load", is_unavailable=True), lambda: "ada")


NOBODIES = {
    "nobody": Subject(Auth(), lambda: "ada"),
    "refused": Subject(Auth(reason="token-expired", source="header"), lambda: "ada"),
    "pending": Subject(Auth(read_claims(claims(sts="pending"))), lambda: "ada"),
    "shut out": shut_out(metadata={"role": "admin"}, **ORG_ADMIN),
}

RULES = [
    policies.signed_in,
    policies.has_role("admin", "org:admin"),
    policies.has_permission("org:billing:manage"),
    policies.has_feature("beta"),
    policies.has_plan("pro"),
    policies.in_organization(),
    policies.in_organization("acme"),
    policies.reverified("lax"),
    YES,
    NO,
]


def combinations(rules: list[Policy], depth: int) -> list[Policy]:
    """Return the rules, negated and joined in every way, and those again."""
    if depth == 0:
        return rules
    inner = combinations(rules, depth - 1)
    pairs = list(itertools.product(inner, repeat=2))
    return [*inner, *(~rule for rule in inner), *(a & b for a, b in pairs), *(a | b for a, b in pairs)]


class TestNobody:
    @pytest.mark.parametrize("name", NOBODIES)
    def test_passes_no_rule_and_no_combination(self, name: str) -> None:
        for policy in [*combinations(RULES, 1), *combinations([NO, STALE], 2)]:
            assert policy.decide(NOBODIES[name]).answer is Answer.SIGN_IN, policy
            assert policy.decide(NOBODIES[name], object()).answer is Answer.SIGN_IN, policy

    def test_cannot_be_told_while_keys_are_unavailable(self) -> None:
        for policy in combinations(RULES, 1):
            assert policy.decide(unavailable()).answer is Answer.UNAVAILABLE, policy

    def test_user_is_loaded_once_and_only_for_somebody_whom_clerk_knows(self) -> None:
        loads: list[int] = []
        nobody = Subject(Auth(), lambda: loads.append(1))
        assert policies.signed_in.decide(nobody).answer is Answer.SIGN_IN
        assert loads == []
        subject = Subject(somebody().auth, lambda: loads.append(1) or "ada")
        assert (YES & ~NO & (NO | YES)).decide(subject).answer is Answer.ALLOW
        assert loads == [1]


class TestCombinations:
    @pytest.mark.parametrize(("a", "b"), list(itertools.product([True, False], repeat=2)))
    def test_are_those_of_logic(self, a: bool, b: bool) -> None:
        left, right = (YES if value else NO for value in (a, b))
        subject = somebody()

        def passes(policy: Policy) -> bool:
            return policy.decide(subject).answer is Answer.ALLOW

        assert passes(left & right) is (a and b)
        assert passes(left | right) is (a or b)
        assert passes(~left) is (not a)
        assert passes(~(left & right)) is passes(~left | ~right)
        assert passes(~(left | right)) is passes(~left & ~right)
        assert passes(~~left) is a

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_ask_for_a_factor_only_where_it_would_help(self, order: tuple[int, int]) -> None:
        def answer(parts: tuple[Policy, Policy], join: str) -> Answer:
            first, second = (parts[index] for index in order)
            return (first & second if join == "&" else first | second).decide(somebody()).answer

        assert answer((STALE, NO), "&") is Answer.FORBID
        assert answer((STALE, YES), "&") is Answer.REVERIFY
        assert answer((STALE, STALE), "&") is Answer.REVERIFY
        assert answer((STALE, FRESH), "&") is Answer.REVERIFY
        assert answer((STALE, NO), "|") is Answer.REVERIFY
        assert answer((STALE, YES), "|") is Answer.ALLOW
        assert answer((NO, NO), "|") is Answer.FORBID

    def test_negated_reverification_is_no_request_for_one(self) -> None:
        assert (~STALE).decide(somebody()).answer is Answer.ALLOW
        assert (~FRESH).decide(somebody()).answer is Answer.FORBID

    def test_refusal_names_the_rule_that_refused(self) -> None:
        policy = policies.has_role("admin") & (policies.in_organization("acme") | ~policies.signed_in)
        assert policy.name == "(has_role(admin) & (in_organization_named | ~signed_in))"
        assert policy.decide(somebody()).rule == "has_role(admin)"
        assert repr(YES) == "<Policy yes>"

    def test_refusal_carries_what_to_ask_for(self) -> None:
        assert (STALE | NO).decide(somebody()).reverification == "strict"
        assert NO.decide(somebody()).reverification is None

    def test_python_s_own_operators_would_lose_a_rule(self) -> None:
        for use in (lambda: YES and NO, lambda: YES or NO, lambda: not YES, lambda: bool(YES & NO)):
            with pytest.raises(TypeError, match="&"):
                use()

    @pytest.mark.parametrize("other", [True, "admin", None, lambda subject, obj: True])
    def test_only_policies_combine(self, other: Any) -> None:
        for use in (lambda: YES & other, lambda: YES | other, lambda: other & YES, lambda: other | YES):
            with pytest.raises(TypeError):
                use()


class TestRule:
    @pytest.mark.parametrize("said", [1, "yes", [True], object(), None, 0, ""])
    def test_only_true_is_a_yes(self, said: object) -> None:
        vague = Policy("vague", lambda subject, obj: said)  # type: ignore[arg-type, return-value]
        assert vague.decide(somebody()).answer is Answer.FORBID

    def test_that_fails_is_no_yes_either(self) -> None:
        broken = Policy("broken", lambda subject, obj: obj.owner)
        for policy in (broken, ~broken, NO | broken, YES & broken):
            with pytest.raises(AttributeError):
                policy.decide(somebody(), None)

    @pytest.mark.parametrize(
        "names",
        [(), ("",), (" ",), ("\n",), (None,), (1,), (b"admin",), (["admin"],), ("admin", ""), ("org:",), ("org: ",)],
    )
    def test_needs_names(self, names: tuple[Any, ...]) -> None:
        for rule in (policies.has_role, policies.has_permission):
            with pytest.raises(ValueError, match="needs at least one name"):
                rule(*names)
        if len(names) == 1 and names != (None,):
            for single in (policies.has_feature, policies.has_plan, policies.in_organization):
                with pytest.raises(ValueError, match="needs at least one name"):
                    single(names[0])

    @pytest.mark.parametrize(
        "given", ["", "STRICT", None, 10, {}, {"level": "second_factor"}, {"level": "x", "afterMinutes": 1}]
    )
    def test_reverified_needs_a_requirement(self, given: Any) -> None:
        with pytest.raises(ValueError, match=r"reverified\(\) takes"):
            policies.reverified(given)

    def test_reverified_keeps_what_it_was_given(self) -> None:
        wanted = {"level": "first_factor", "afterMinutes": 10}
        policy = policies.reverified(wanted)  # type: ignore[arg-type]
        wanted["afterMinutes"] = 10_000
        decision = policy.decide(somebody())
        assert decision.answer is Answer.REVERIFY
        assert decision.reverification == {"level": "first_factor", "afterMinutes": 10}


CASES: list[tuple[Policy, Mapping[str, Any], bool]] = [
    (policies.has_role("org:admin"), ORG_ADMIN, True),
    (policies.has_role("org:org:admin"), ORG_ADMIN, True),
    (policies.has_role("org:Admin"), ORG_ADMIN, False),
    (policies.has_role("admin"), ORG_ADMIN, False),
    (policies.has_role("admin"), {"metadata": {"role": "admin"}}, True),
    (policies.has_role("org:admin"), {"metadata": {"role": "admin"}}, False),
    (policies.has_role("org:admin"), {"metadata": {"role": "org:admin"}}, False),
    (policies.has_role("editor", "org:admin"), ORG_ADMIN, True),
    (policies.has_role("editor", "owner"), ORG_ADMIN, False),
    (policies.has_permission("org:billing:manage"), ORG_ADMIN, True),
    (policies.has_permission("billing:manage"), ORG_ADMIN, True),
    (policies.has_permission("org:billing:manage", "org:billing:read"), ORG_ADMIN, False),
    (policies.has_permission("org:billing:manage"), {"metadata": {"role": "admin"}}, False),
    (policies.has_feature("billing"), ORG_ADMIN, True),
    (policies.has_feature("user:billing"), ORG_ADMIN, False),
    (policies.has_feature("user:beta"), ORG_ADMIN, True),
    (policies.has_plan("pro"), ORG_ADMIN, True),
    (policies.has_plan("org:pro"), ORG_ADMIN, False),
    (policies.in_organization(), ORG_ADMIN, True),
    (policies.in_organization(), {}, False),
    (policies.in_organization("acme"), ORG_ADMIN, True),
    (policies.in_organization("org_acme"), ORG_ADMIN, True),
    (policies.in_organization("ACME"), ORG_ADMIN, False),
    (policies.in_organization("None"), {"o": {"id": "org_acme", "rol": "admin"}}, False),
    (policies.in_organization("org_acme"), {"o": organization("admin", id="org_evil", slug="org_acme")}, False),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "changes", "passes"), CASES)
def test_rule(policy: Policy, changes: Mapping[str, Any], passes: bool) -> None:
    assert (policy.decide(somebody(**changes)).answer is Answer.ALLOW) is passes


@pytest.mark.parametrize(
    "name", ["", " ", None, 0, True, b"acme", [], "acme ", "Acme", "None", "org_", "acme\n", "%61cme"]
)
def test_organization_named_by_a_request_is_never_raised_about(name: object) -> None:
    for changes in (ORG_ADMIN, {"o": {"id": "org_1"}}, {}):
        assert policies.in_organization_named(name).decide(somebody(**changes)).answer is Answer.FORBID
