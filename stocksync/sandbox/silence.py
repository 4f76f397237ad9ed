"""The answer that never comes."""


class NoAnswer(Exception):
    """Raised by a site in place of a response: after so many seconds the line is cut."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"no answer; the line is cut after {after_s} s")
        self.after_s = after_s
