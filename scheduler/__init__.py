"""When a template runs, what a run does next, and what does it."""
