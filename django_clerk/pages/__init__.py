"""Clerk's own components on pages that Django renders."""
