"""Errors for people."""


class JobError(Exception):
    """What went wrong, where, and what to do. It never holds a value of a row."""

    def __init__(self, message: str, where: str, remedy: str) -> None:
        super().__init__(f"{message} ({where}); {remedy}")
        self.message, self.where, self.remedy = message, where, remedy
