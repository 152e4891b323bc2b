"""Events that a queue works off: a project on a SQLite file of its own, its web process, its workers, real brokers."""
