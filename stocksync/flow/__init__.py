"""The sentence: one verb a file."""
