"""What pages of students and of adults say of copies of what was handed in."""

from flask_babel import gettext as _

from lti_plp.lms.naming import names_of_people
from lti_plp.lms.submission_copies import Copied
from lti_plp.views.error_words import words_for
from lti_plp.views.visit import visit


def file_ids_of(copies: Copied | None) -> set[str]:
    """Return the files that there are copies of."""
    return {one.file_id for one in copies.files if one.file_id} if copies else set()


def names_of_comments(copies: Copied | None) -> dict[int, str]:
    """Return person id -> name, of those who said something and are known here."""
    people = {one["person_id"] for one in copies.copy.comments if one["person_id"]} if copies else set()
    return names_of_people(visit().db, visit().tenant_id, people)


def file_problem(code: str) -> str:
    """Return in words why there is no copy of a file."""
    ours = {
        "gone": _("It is no longer in the LMS."),
        "file_locked": _("The LMS keeps it locked."),
        "file_elsewhere": _("It lies at an address that cannot be reached from here."),
        "no_permission": _("The LMS does not let this tool read it."),
    }
    return ours.get(code) or words_for(code, 400).title
