"""The Frontend API: what a browser sees of Clerk besides the pages."""
