"""An audit trail of one's own: django_clerk tells of each refusal, at whichever door."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from django_clerk.callers import subject_of
from django_clerk.core.policies import Answer, Decision
from django_clerk.signals import access_denied

from .models import Refusal


@receiver(access_denied)
def remember(decision: Decision, rule: str, request: HttpRequest, **kwargs: Any) -> None:
    """Keep who was not allowed. Strangers are only asked to sign in; they are in the log (LOGGING in the settings)."""
    if decision.answer is Answer.FORBID:
        match = request.resolver_match
        Refusal.objects.create(
            rule=rule[:200],
            view=match.view_name[:200] if match is not None else "",
            clerk_id=subject_of(request).auth.subject or "",
        )
