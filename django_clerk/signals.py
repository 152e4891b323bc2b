"""
What other apps can listen to.

Every signal about Clerk's data is sent with ``send()`` inside the transaction that writes: a receiver that raises
undoes the write, Clerk's delivery is answered 5xx, and Clerk sends it again. A receiver is also called again when the
database undid its transaction, after a deadlock. Effects outside the database belong in ``transaction.on_commit()``.
"""

from __future__ import annotations

from django.dispatch import Signal

#: A verified event has arrived, once for each svix id. Sender: ClerkWebhookEvent. Arguments: ``event``, a
#: ``django_clerk.core.deliveries.Event`` with ``type``, ``data``, ``svix_id``, ``occurred_at`` and ``payload``.
webhook_received = Signal()

#: A ClerkUser was written, whether by a webhook, a sync or a first sign-in. Sender: ClerkUser. Arguments:
#: ``clerk_user``, ``user``, ``created``, and ``event`` (None unless a webhook caused it).
user_synced = Signal()

#: A user is gone in Clerk. Sender: ClerkUser. Arguments: ``clerk_user`` (its row stays, so that the id never comes
#: back), ``user`` (None when there was none, or CLERK_ON_USER_DELETED removed it), and ``event`` (None unless a webhook
#: caused it).
user_deleted = Signal()

#: Somebody was refused, once for each request, at whichever door; nobody is let in by what a receiver does or raises.
#: Unlike the others it is sent with ``send_robust()``. Sender: Decision. Arguments: ``decision``, ``rule`` (the name of
#: the rule that refused) and ``request``.
access_denied = Signal()
