"""Trying things out: recorded days played again, and what must come of them."""
