"""Each rule as every door spells it. ``owner`` is about a post."""

from __future__ import annotations

from typing import Any

from django_clerk import decorators, drf, mixins
from django_clerk.core import policies
from django_clerk.ownership import is_owner
from tests.testapp.models import Post

#: The permission of Clerk's that is asked for, by name.
PERMISSION = "org:billing:manage"


class InAcme(drf.ClerkPermission):
    policy = policies.in_organization("acme")


POLICIES: dict[str, policies.Policy] = {
    "login": policies.signed_in,
    "role": policies.has_role("admin"),
    "org-role": policies.has_role("org:admin"),
    "permission": policies.has_permission(PERMISSION),
    "org": policies.in_organization("acme"),
    "feature": policies.has_feature("reports"),
    "plan": policies.has_plan("pro"),
    "reverify": policies.reverified("strict"),
    "owner": is_owner("author"),
    "owner-or-role": is_owner("author") | policies.has_role("admin"),
}

DECORATORS: dict[str, Any] = {
    "login": decorators.clerk_login_required,
    "role": decorators.clerk_role_required("admin"),
    "org-role": decorators.clerk_role_required("org:admin"),
    "permission": decorators.clerk_permission_required(PERMISSION),
    "org": decorators.clerk_org_required("acme"),
    "feature": decorators.clerk_feature_required("reports"),
    "plan": decorators.clerk_plan_required("pro"),
    "reverify": decorators.clerk_reverification_required("strict"),
    "owner": decorators.clerk_owner_required(Post, field="author"),
    "owner-or-role": decorators.clerk_owner_required(Post, field="author", or_role="admin"),
}

MIXINS: dict[str, tuple[type, dict[str, Any]]] = {
    "login": (mixins.ClerkLoginRequiredMixin, {}),
    "role": (mixins.ClerkRoleRequiredMixin, {"role": "admin"}),
    "org-role": (mixins.ClerkRoleRequiredMixin, {"role": ["org:admin"]}),
    "permission": (mixins.ClerkPermissionRequiredMixin, {"permission": PERMISSION}),
    "org": (mixins.ClerkPolicyRequiredMixin, {"policy": policies.in_organization("acme")}),
    "feature": (mixins.ClerkFeatureRequiredMixin, {"feature": "reports"}),
    "plan": (mixins.ClerkPlanRequiredMixin, {"plan": "pro"}),
    "reverify": (mixins.ClerkReverificationRequiredMixin, {"reverification": "strict"}),
    "owner": (mixins.ClerkOwnerRequiredMixin, {"owner_field": "author"}),
    "owner-or-role": (mixins.ClerkOwnerRequiredMixin, {"owner_field": "author", "or_role": "admin"}),
}

PERMISSIONS: dict[str, Any] = {
    "login": drf.IsClerkAuthenticated,
    "role": drf.HasClerkRole("admin"),
    "org-role": drf.HasClerkRole("org:admin"),
    "permission": drf.HasClerkPermission(PERMISSION),
    "org": InAcme,
    "feature": drf.HasClerkFeature("reports"),
    "plan": drf.HasClerkPlan("pro"),
    "reverify": drf.RequiresClerkReverification("strict"),
    "owner": drf.IsClerkOwner,
    "owner-or-role": drf.IsClerkOwnerOrRole("admin"),
}

#: The tag of a template, and what stands in its else.
TAGS: dict[str, tuple[str, ...]] = {
    "login": ("clerk_signed_in",),
    "role": ('clerk_protect role="admin"',),
    "org-role": ('clerk_protect role="org:admin"',),
    "permission": (f'clerk_protect permission="{PERMISSION}"',),
    "org": ('clerk_protect organization="acme"',),
    "feature": ('clerk_protect feature="reports"',),
    "plan": ('clerk_protect plan="pro"',),
    "reverify": ('clerk_protect reverification="strict"',),
    "owner": ('clerk_protect owner=post owner_field="author"',),
    "owner-or-role": ('clerk_protect owner=post owner_field="author"', 'clerk_protect role="admin"'),
}
