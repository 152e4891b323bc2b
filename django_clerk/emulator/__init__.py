"""
A local Clerk: one instance of it, in the project's own process, for development and tests.

It lets anyone in as anyone, so it is off unless a project asks for it and refuses to run where it could do harm;
``guards`` has the rules. Nothing else in django_clerk imports this package.
"""
