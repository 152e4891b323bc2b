"""
What other apps can listen to.

Every signal is sent with ``send()`` inside the transaction that writes: a receiver that raises undoes the write,
Clerk's delivery is answered 5xx, and Clerk sends it again. A receiver is also called again when the database undid its
transaction, after a deadlock. Effects outside the database belong in ``transaction.on_commit()``.
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

#: Not for other apps: Clerk's Backend API has told of a user, and the row is to follow. Argument: ``profile``. A model
#: sends it, since it stands below what writes it.
profile_told = Signal()
