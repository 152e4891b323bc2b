"""The truth table, and every door of the package that must answer as it says. ``python -m tests.doors`` prints it."""
