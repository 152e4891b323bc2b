"""What is true of Clerk with or without Django: no ORM, no settings, no socket."""
