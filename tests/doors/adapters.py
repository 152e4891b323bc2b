"""All doors. What one cannot carry, and where it must differ, is written on it."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync

from django_clerk.core.profiles import read_profile
from django_clerk.sync import apply_profiles
from tests.callers import Caller, sign_up
from tests.channels.sockets import Client as WebSocket
from tests.deliveries import clerk_user
from tests.doors.door import ApiDoor, AsyncDoor, Door, YesOrNo
from tests.testapp.models import Post
from tests.testapp.websockets import application


class Policy(Door):
    """The policy itself knows no pages. Somebody whom Django shuts out is nobody to it."""

    name = "policy"
    as_page = Door.as_api

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        answer: str = self.knock(f"/{self.name}/{rule}/{post.pk}/", headers).json()["answer"]
        return {"allow": "in", "sign-in": "sign-in", "forbid": "no", "reverify": "verify"}[answer]

    call = load


class Decorator(Door):
    name = "decorator"


class AsyncDecorator(AsyncDoor):
    name = "async-decorator"


class Mixin(Door):
    name = "mixin"


class AsyncMixin(AsyncDoor):
    name = "async-mixin"


class Permission(ApiDoor):
    """Of Django REST framework, which would show its browsable API to a browser."""

    name = "permission"

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        return super().load(rule, post, {**headers, "Accept": "application/json"})


class Ninja(ApiDoor):
    name = "ninja"


class AsyncNinja(AsyncDoor, ApiDoor):
    name = "async-ninja"
    as_page = ApiDoor.as_page
    load = ApiDoor.load


class Route(Door):
    """The route policy, before views that would let in everybody."""

    name = "route"
    carries = ("login", "role", "org-role")
    why_not_others = "CLERK_PROTECTED_ROUTES and CLERK_ROLE_ROUTES know who is signed in, and roles."
    settings = {
        "CLERK_PROTECTED_ROUTES": ["/[a-z-]+/login/.*"],
        "CLERK_ROLE_ROUTES": {"/[a-z-]+/role/.*": "admin", "/[a-z-]+/org-role/.*": "org:admin"},
    }


class AsyncRoute(Route, AsyncDoor):
    name = "async-route"


class RouteOfPermission(Route, Permission):
    name = "route-permission"
    as_page = ApiDoor.as_page
    load = Permission.load


class RouteOfNinja(Route, ApiDoor):
    name = "route-ninja"
    as_page = ApiDoor.as_page
    load = ApiDoor.load


class Template(YesOrNo):
    """``{% clerk_protect %}``, and ``{% clerk_signed_in %}``: a page shows something, or does not."""

    name = "template"


class AsyncTemplate(Template, AsyncDoor):
    name = "async-template"


class HasPerm(YesOrNo):
    """Django's own permissions, ``user.has_perm``."""

    name = "has-perm"
    carries = ("permission",)
    why_not_others = "Django asks for a permission by its name."
    differs = {("superuser", "permission"): "in"}
    why_it_differs = "A superuser has every permission, as Django has it."


class AsyncHasPerm(HasPerm, AsyncDoor):
    name = "async-has-perm"


class PermissionRequired(HasPerm):
    """``permission_required(…, raise_exception=True)``: 403 for all who lack it."""

    name = "permission-required"


class AsyncPermissionRequired(PermissionRequired, AsyncDoor):
    name = "async-permission-required"


class Admin(Door):
    """Whom CLERK_STAFF_ROLES has made staff. It has pages only, for whoever comes by whatever."""

    name = "admin"
    carries = ("role",)
    why_not_others = "Application roles make staff, and nothing else does."
    as_api = Door.as_page
    differs = {("app-admin", "role"): "no", ("superuser", "role"): "in"}
    why_it_differs = "A role makes staff when it is synced, not by a token; and a superuser's password opens the admin."
    settings = {"ROOT_URLCONF": "tests.admin_urls", "CLERK_STAFF_ROLES": ["admin"]}

    def sign_up(self, caller: Caller) -> Any:
        """A role has its effect where Clerk tells of it."""
        user = sign_up(caller)
        if role := caller.row.get("role"):
            banned = caller.row.get("banned", False)
            apply_profiles([read_profile(clerk_user(public_metadata={"role": role}, banned=banned))])
        return user

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        response = self.get("/admin/", headers)
        if response.status_code == 200:
            return "in"
        assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")
        page = self.get(response["Location"], headers)
        return {200: "sign-in", 403: "no"}[page.status_code]

    call = load


class Channels(Door):
    """A WebSocket is refused with the code 4401 or 4403."""

    name = "websocket"
    as_page = {"out": "sign-in", "verify": "no"}
    as_api = as_page

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        answer = async_to_sync(self._open)(WebSocket(f"/{rule}/{post.pk}/", headers=sent, to=application))
        return {"in": "in", 4401: "sign-in", 4403: "no"}[answer]

    async def _open(self, socket: WebSocket) -> Any:
        answer = await socket.open()
        await socket.leave()
        return answer

    call = load


DOORS: tuple[Door, ...] = (
    Policy(),
    Decorator(),
    AsyncDecorator(),
    Mixin(),
    AsyncMixin(),
    Permission(),
    Ninja(),
    AsyncNinja(),
    Template(),
    AsyncTemplate(),
    Channels(),
    Route(),
    AsyncRoute(),
    RouteOfPermission(),
    RouteOfNinja(),
    HasPerm(),
    AsyncHasPerm(),
    PermissionRequired(),
    AsyncPermissionRequired(),
    Admin(),
)
