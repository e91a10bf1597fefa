"""The one kind of error that people are shown."""

from collections.abc import Mapping


class PlpError(Exception):
    """Something that went wrong in a way we foresaw.

    ``code`` is a stable snake_case name; the page's words are looked up by it, in the reader's language.
    ``status`` is the HTTP status. ``message`` is one English sentence for logs and JSON clients; it never holds
    personal data, tokens or anything a stranger sent. ``details`` are small, harmless facts (numbers, field names).
    """

    def __init__(
        self, code: str, status: int, message: str, details: Mapping[str, str | int] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details: dict[str, str | int] = dict(details or {})


class NotAllowed(PlpError):
    """The person is known, but may not do this."""

    def __init__(self, message: str = "This person may not do this.", code: str = "not_allowed") -> None:
        super().__init__(code, 403, message)


class NotFound(PlpError):
    """There is no such thing, or the person may not know that there is."""

    def __init__(self, message: str = "There is nothing at this address.", code: str = "not_found") -> None:
        super().__init__(code, 404, message)


class BadInput(PlpError):
    """What arrived cannot be used; nothing was changed."""

    def __init__(
        self,
        message: str,
        code: str = "bad_input",
        details: Mapping[str, str | int] | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(code, status, message, details)
