"""The journey through the example site, over real HTTP: every door is tried, and each answer is judged."""
