"""Each rule as every door spells it. ``owner`` is about a post."""

from __future__ import annotations

from typing import Any

from django_clerk import decorators, drf, mixins
from django_clerk.core import policies
from django_clerk.ownership import is_owner
from tests.testapp.models import Post


class InAcme(drf.ClerkPermission):
    policy = policies.in_organization("acme")


POLICIES: dict[str, policies.Policy] = {
    "login": policies.signed_in,
    "role": policies.has_role("admin"),
    "org-role": policies.has_role("org:admin"),
    "permission": policies.has_permission("org:billing:manage"),
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
    "permission": decorators.clerk_permission_required("org:billing:manage"),
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
    "permission": (mixins.ClerkPermissionRequiredMixin, {"permission": "org:billing:manage"}),
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
    "permission": drf.HasClerkPermission("org:billing:manage"),
    "org": InAcme,
    "feature": drf.HasClerkFeature("reports"),
    "plan": drf.HasClerkPlan("pro"),
    "reverify": drf.RequiresClerkReverification("strict"),
    "owner": drf.IsClerkOwner,
    "owner-or-role": drf.IsClerkOwnerOrRole("admin"),
}
