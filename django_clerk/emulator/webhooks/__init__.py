"""What the local Clerk tells the project, signed and delivered as Clerk does through Svix."""
