"""Organizations: who belongs to them, in which role, and who has been invited."""
