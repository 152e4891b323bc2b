"""Bring every row up to Clerk's lists: what webhooks lost, this finds."""
