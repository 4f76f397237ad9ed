"""Nouns and rules of stock: values in, values out, no clock, no I/O."""
