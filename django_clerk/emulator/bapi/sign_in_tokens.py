"""The endpoints for tokens that sign somebody in."""

from __future__ import annotations

from django_clerk.emulator.exchange import Answer, Call
from django_clerk.emulator.sign_in_tokens import SignInTokens

from .router import Routes


class SignInTokenEndpoints:
    def __init__(self, tokens: SignInTokens) -> None:
        self._tokens = tokens

    @property
    def routes(self) -> Routes:
        return {
            "/v1/sign_in_tokens": {"POST": self._create},
            "/v1/sign_in_tokens/(?P<token_id>[^/]+)/revoke": {"POST": self._revoke},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _create(self, call: Call) -> Answer:
        return Answer.json(self._tokens.create(call.json()))

    def _revoke(self, call: Call, token_id: str) -> Answer:
        return Answer.json(self._tokens.revoke(token_id))
