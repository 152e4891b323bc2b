"""
What other apps can listen to.

Every signal about Clerk's data is sent with ``send()`` inside the transaction that writes: a receiver that raises
undoes the write, Clerk's delivery is answered 5xx, and Clerk sends it again. A receiver is also called again when the
database undid its transaction, after a deadlock. Effects outside the database belong in ``transaction.on_commit()``.
"""

from __future__ import annotations

from django.dispatch import Signal

#: A verified event has arrived, once for each svix id, unless it is replayed. Sender: ClerkWebhookEvent. Arguments:
#: ``event``, a ``django_clerk.core.deliveries.Event`` with ``type``, ``data``, ``svix_id``, ``occurred_at`` and
#: ``payload``. From a queue and at a replay it is what was stored, which is without its secrets.
webhook_received = Signal()

#: A ClerkUser was written, whether by a webhook, a sync or a first sign-in. Sender: ClerkUser. Arguments:
#: ``clerk_user``, ``user``, ``created``, and ``event`` (None unless a webhook caused it).
user_synced = Signal()

#: A user is gone in Clerk. Sender: ClerkUser. Arguments: ``clerk_user`` (its row stays, so that the id never comes
#: back), ``user`` (None when there was none, or CLERK_ON_USER_DELETED removed it), and ``event`` (None unless a webhook
#: caused it).
user_deleted = Signal()

#: An organization was written, whether by an event of its own, by that of a membership in it, or by a sync. Sender:
#: ClerkOrganization. Arguments: ``organization``, ``created``, and ``event`` (None unless a webhook caused it).
organization_synced = Signal()

#: An organization is gone in Clerk, and its memberships are no longer in force, whether or not Clerk tells of each.
#: Sender: ClerkOrganization. Arguments: ``organization`` (its row stays), and ``event`` (None unless a webhook caused
#: it).
organization_deleted = Signal()

#: A membership was written. Sender: ClerkMembership. Arguments: ``membership``, ``created``, and ``event`` (None unless
#: a webhook caused it). Its ``clerk_user`` may have no Django user yet, its organization may be deleted by now, or the
#: user may have joined again: ask ``membership.is_active``.
membership_synced = Signal()

#: A user has left an organization, or was removed from it. Sender: ClerkMembership. Arguments: ``membership`` (its row
#: stays, with ``organization`` and ``clerk_user``), and ``event`` (None unless a webhook caused it).
membership_deleted = Signal()

#: A session has started in Clerk, and no end of it is known. Sender: ClerkUser. Arguments: ``session_id``, ``user_id``
#: (Clerk's), ``status`` ("pending" while the user has something to do first, then "active" with a signal of its own),
#: ``clerk_user`` (None while there is no row), and ``event``.
session_started = Signal()

#: A session has ended. Sender: ClerkUser. Arguments: ``session_id``, ``user_id``, ``status`` ("ended", "removed" or
#: "revoked"), ``clerk_user`` and ``event``.
session_ended = Signal()

#: Somebody was refused, once for each request, at whichever door; nobody is let in by what a receiver does or raises.
#: Unlike the others it is sent with ``send_robust()``. Sender: Decision. Arguments: ``decision``, ``rule`` (the name of
#: the rule that refused) and ``request``.
access_denied = Signal()

#: Not for other apps: Clerk's Backend API has told of a user, and the row is to follow. Argument: ``profile``. A model
#: sends it, since it stands below what writes it.
profile_told = Signal()
