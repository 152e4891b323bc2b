"""The Celery app of the queues' tests."""

from __future__ import annotations

import os

from celery import Celery

QUEUE = os.environ["QUEUES_NAME"]

REDIS = {"global_keyprefix": f"{QUEUE}:", "socket_timeout": 2, "socket_connect_timeout": 2}
app = Celery("tests", broker=os.environ["QUEUES_BROKER"], include=["django_clerk.contrib.celery"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    broker_transport_options=REDIS if app.conf.broker_url.startswith("redis") else {},
    task_default_queue=QUEUE,
    task_queues=None,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)


def clean_up() -> None:
    """Leave nothing of this run at the broker, which others use."""
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        channel.queue_delete(QUEUE)
        if hasattr(channel, "exchange_delete"):
            channel.exchange_delete(QUEUE)
        if connection.transport.driver_type == "redis":
            for key in channel.client.scan_iter(match=f"{QUEUE}:*"):
                channel.client.delete(key.decode().removeprefix(f"{QUEUE}:"))
