"""Who is signed in, and links that sign somebody in."""

from __future__ import annotations

from collections.abc import Iterator

from .calls import quoted
from .objects import LARGEST_PAGE, ObjectCalls, given
from .resources import Session, SignInToken


class SessionCalls(ObjectCalls):
    def sessions(
        self, user_id: str, *, status: str | None = None, page_size: int = LARGEST_PAGE
    ) -> Iterator[list[Session]]:
        """Yield a user's sessions, the newest first, in pages. ``status`` narrows them, as in "active"."""
        params = {"user_id": quoted(user_id), "paginated": "true", **given(status=status)}
        return self._list(Session, "/v1/sessions", page_size=page_size, params=params)

    def revoke_session(self, session_id: str) -> Session:
        """End a session and return it. Tokens that it has issued stay valid for up to a minute."""
        return self._one(Session, "POST", f"/v1/sessions/{quoted(session_id)}/revoke", clerk_id=session_id)

    def create_sign_in_token(
        self, user_id: str, *, expires_in_seconds: int | None = None, organization_id: str | None = None
    ) -> SignInToken:
        """
        Return a token by which whoever has it signs in as the user, once: treat it, and its ``url``, as a password.

        Clerk lets it live for thirty days unless ``expires_in_seconds`` says otherwise.
        """
        quoted(user_id)  # refused here as in a path
        body = {"user_id": user_id, **given(expires_in_seconds=expires_in_seconds, org_id=organization_id)}
        return self._one(SignInToken, "POST", "/v1/sign_in_tokens", body=body)

    def revoke_sign_in_token(self, token_id: str) -> SignInToken:
        path = f"/v1/sign_in_tokens/{quoted(token_id)}/revoke"
        return self._one(SignInToken, "POST", path, clerk_id=token_id)
