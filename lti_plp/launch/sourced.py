"""What a school's own records call a person (LIS ``sourcedId``), as launches and rosters tell it."""

from collections.abc import Collection

from lti_plp.plp.actor import learns
from lti_plp.plp.texts import one_line

LONGEST = 255


def student_number(value: object, roles: Collection[str]) -> str:
    """Return the number of a student; empty for everybody else, whose numbers are none of our business.

    What is no text is ignored, and so is what is too long: half of a number is somebody else's. Canvas sends the name
    of its variable, ``$Person.sourcedId``, in launches of people whom the school's records do not know.
    """
    if not isinstance(value, str) or not learns(roles):
        return ""
    number = one_line(value.replace("\ufffd", ""))
    return "" if number.startswith("$") or len(number) > LONGEST else number
