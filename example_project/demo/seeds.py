"""What the demo starts with: people in the local Clerk, posts in the database, and a key to Django's admin."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.utils.crypto import get_random_string
from posts.models import Post

from django_clerk.emulator.instance import get_emulator
from django_clerk.models import ClerkUser

PEOPLE = 5
KEYHOLDER = "keyholder"

POSTS = {
    "ada@example.com": {
        "What the engine cannot do": "It originates nothing. It does whatever we know how to order it to perform, and"
        " it is worth a good deal of thought to find out how much that is.",
        "Flowers, woven": "A loom is told by its cards which thread to lift. Somebody who can punch cards for roses"
        " can punch cards for Bernoulli’s numbers; the rest is patience.",
    },
    "grace@example.com": {
        "A moth in the relay": "The machine stopped at a quarter to four. We opened panel F, found the moth, and taped"
        " it into the log book. It is, as far as I know, the first bug that anybody has actually found.",
        "How long is a nanosecond?": "About thirty centimetres: that is how far light gets. I carry a bundle of wires"
        " of that length, and hand them out to whoever asks why satellites are slow.",
    },
    "alan@example.com": {
        "Running, and other halting problems": "Whether a program will ever stop cannot be told in general. Of a"
        " marathon runner it can: at about mile twenty-three, if he has gone out too fast.",
    },
    "katherine@example.com": {
        "Check it by hand": "The new machine had the orbit in a minute. It took me a day and a half to agree with it,"
        " to eight places. Then they were ready to go.",
    },
}


def move_in() -> None:
    """Let people into the local Clerk, unless they live there. Django hears of them by the sync."""
    get_emulator().seed_users(PEOPLE)
    # At Clerk, roles and their permissions are made in the dashboard.
    get_emulator().dashboard.configure(role_permissions={"org:admin": ["org:notices:write"]})


def write_posts() -> None:
    """Give an empty site something to read."""
    if Post.objects.exists():
        return
    for email, posts in POSTS.items():
        author = ClerkUser.objects.get(email=email, deleted_at=None).user
        Post.objects.bulk_create(Post(author=author, title=title, body=body) for title, body in posts.items())


def change_locks() -> str:
    """
    Give Django's admin a superuser with a password, and return the password: another one at each start.

    A project has such a user for the day on which Clerk cannot be reached. It is nobody at Clerk.
    """
    keyholder, _ = get_user_model().objects.get_or_create(
        username=KEYHOLDER, defaults={"is_staff": True, "is_superuser": True}
    )
    password = get_random_string(16)
    keyholder.set_password(password)
    keyholder.save(update_fields=["password"])
    return password
