"""Shops of our own that behave as the platforms do, over real HTTP, and are kind in nothing.

They share no code with the adapters, so that one mistake cannot hide in both.
"""
