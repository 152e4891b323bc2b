"""
The decision table of Clerk's protocol, D1 to D179, one case for each row and the row's number in the case's id.

Where django_clerk decides otherwise on purpose, the case says what it decides, and a comment says why.
"""
