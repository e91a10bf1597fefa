"""What a person is told of an error: what happened, that nothing is lost, who can mend it and how."""

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class Words:
    """The texts of one error page."""

    title: str
    happened: str
    mend: str


def reopen() -> str:
    """Return the way back that is open to everybody who came by a launch."""
    return _("Go back to your course and open it from there again.")


def administrator() -> str:
    """Return whom to tell when nobody at the page can mend it."""
    return _("Please tell your school's administrator, with the number below.")
