"""What is measured, side by side, and not asserted by tests."""
