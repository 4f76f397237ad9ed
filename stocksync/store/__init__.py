"""SQL and nothing else. Everything here takes an open transaction and never commits."""
