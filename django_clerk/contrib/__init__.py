"""Optional neighbours, a module each. Nothing else in django_clerk imports them, and each needs its extra installed."""
