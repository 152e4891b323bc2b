"""Who may pass, and where people are sent who may not."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from .reading import lists, text, texts


class AccessSettings:
    """Who may pass, and where people are sent who may not."""

    @property
    def CLERK_ROLE_CLAIM(self) -> str:
        """Dotted path in the claims. Unsafe metadata is refused: its owner writes it."""
        path = text("CLERK_ROLE_CLAIM") or "metadata.role"
        if "unsafe" in path.lower():
            raise ImproperlyConfigured("CLERK_ROLE_CLAIM must not point into unsafe metadata: its owner writes it.")
        return path

    @property
    def CLERK_STAFF_ROLES(self) -> tuple[str, ...]:
        """Application roles, in public metadata, whose users are ``is_staff``."""
        return texts("CLERK_STAFF_ROLES")

    @property
    def CLERK_SUPERUSER_ROLES(self) -> tuple[str, ...]:
        """Application roles, in public metadata, whose users are ``is_superuser``."""
        return texts("CLERK_SUPERUSER_ROLES")

    @property
    def CLERK_ROLE_GROUPS(self) -> dict[str, tuple[str, ...]]:
        """Application roles, in public metadata, and the names of Django's groups whose members they are."""
        return lists("CLERK_ROLE_GROUPS")

    @property
    def CLERK_ORGANIZATION_PATTERNS(self) -> tuple[str, ...]:
        """Paths about one organization, such as "/orgs/:slug/(.*)": a handshake makes it the active one."""
        return texts("CLERK_ORGANIZATION_PATTERNS")

    @property
    def CLERK_PERSONAL_ACCOUNT_PATTERNS(self) -> tuple[str, ...]:
        """Paths about nobody but the user: a handshake makes no organization active."""
        return texts("CLERK_PERSONAL_ACCOUNT_PATTERNS")

    @property
    def CLERK_PUBLIC_ROUTES(self) -> tuple[str, ...]:
        """Names of URLs, namespaces and paths that nobody needs to sign in for, within what is protected."""
        return texts("CLERK_PUBLIC_ROUTES")

    @property
    def CLERK_PROTECTED_ROUTES(self) -> tuple[str, ...]:
        """Names of URLs, namespaces and paths for whoever is signed in."""
        return texts("CLERK_PROTECTED_ROUTES")

    @property
    def CLERK_ROLE_ROUTES(self) -> dict[str, tuple[str, ...]]:
        """Names of URLs, namespaces and paths for whoever has the role, or one of several."""
        return lists("CLERK_ROLE_ROUTES", or_one=True)

    @property
    def CLERK_SIGN_IN_URL(self) -> str | None:
        return text("CLERK_SIGN_IN_URL")

    @property
    def CLERK_UNAUTHORIZED_URL(self) -> str | None:
        return text("CLERK_UNAUTHORIZED_URL")
