"""The outgoing half against sandbox shops and tills, on a clock that jumps."""
