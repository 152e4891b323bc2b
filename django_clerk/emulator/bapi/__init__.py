"""Clerk's Backend API, as far as the local Clerk speaks it."""
