"""The views: where HTTP meets the local Clerk."""
