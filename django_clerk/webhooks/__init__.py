"""The door for Clerk's webhooks."""
