"""Step-up: somebody who is signed in proves again who they are, and their tokens say so."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Problem

from . import factors
from .attempts import first_factors
from .desk import Desk
from .router import Routes
from .visits import Reply, Visit

_VERIFY = r"/v1/client/sessions/(?P<session_id>[^/]+)/verify"
_LEVELS = ("first_factor", "second_factor", "multi_factor")


class ReverificationEndpoints:
    """Nobody has a second factor here, so the first one stands in for it at every level, as at Clerk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            _VERIFY: {"POST": self._begin},
            _VERIFY + "/prepare_first_factor": {"POST": self._prepare},
            _VERIFY + "/attempt_first_factor": {"POST": self._attempt},
        }

    def _begin(self, visit: Visit, session_id: str) -> Reply:
        session = self._desk.session(visit, session_id)
        level = visit.form.get("level", "")
        if level not in _LEVELS:
            raise Problem.of(
                422,
                "form_param_value_invalid",
                "is invalid",
                f"level must be one of {', '.join(_LEVELS)}.",
                param="level",
            )
        return self._reply(visit, session, level=level)

    def _prepare(self, visit: Visit, session_id: str) -> Reply:
        session = self._desk.session(visit, session_id)
        user = self._desk.directory.user(session["user_id"])
        strategy = factors.prepare(self._desk, visit, user, subject=session_id, purpose="Verify that it is you")
        return self._reply(visit, session, strategy=strategy)

    def _attempt(self, visit: Visit, session_id: str) -> Reply:
        session = self._desk.session(visit, session_id)
        user = self._desk.directory.user(session["user_id"])
        strategy = factors.attempt(self._desk, visit, user, subject=session_id)
        self._desk.clients.verified(session_id)
        return self._reply(visit, session, strategy=strategy, is_complete=True)

    def _reply(
        self,
        visit: Visit,
        session: Document,
        *,
        level: str = "first_factor",
        strategy: str | None = None,
        is_complete: bool = False,
    ) -> Reply:
        user = self._desk.directory.user(session["user_id"])
        verification: Document | None = None
        if strategy == "email_code":
            verification = self._desk.codes.verification(session["id"])
        elif strategy == "password":
            verification = {
                "object": "verification_password",
                "status": "verified" if is_complete else "unverified",
                "strategy": "password",
                "attempts": None,
                "expire_at": None,
            }
        document = {
            "object": "session_reverification",
            "level": level,
            "status": "complete" if is_complete else "needs_first_factor",
            "supported_first_factors": first_factors(user),
            "supported_second_factors": None,
            "first_factor_verification": verification,
            "second_factor_verification": None,
            "session": self._desk.resources.session(session, azp=visit.origin),
        }
        return Reply(document, visit.client)
