"""What the picker says: what is wrong, and what happened."""

from flask_babel import gettext as _


def problem_lines(problems: dict[str, str]) -> list[tuple[str, str]]:
    """Return field -> sentence for the list above the form."""
    texts = problem_words()
    return [
        (field, f"{_name(field)}: {texts[what]}" if _name(field) else texts[what])
        for field, what in problems.items()
    ]


def _name(field: str) -> str:
    if field.startswith("basket_") and field[-1].isdecimal():
        plain, _underscore, number = field.removeprefix("basket_").rpartition("_")
        return _("%(number)s. %(field)s", number=int(number) + 1, field=_name(plain))
    number = field.removeprefix("question_")
    if number.isdecimal():
        return _("Question %(number)s", number=int(number) + 1)
    return {
        "title": _("Title"),
        "instructions": _("What students read first"),
        "questions": _("Questions"),
        "max_points": _("Points"),
        "grading": _("How it counts"),
        "due": _("Due"),
        "share_name": _("Name for colleagues"),
        "share_about": _("For whom and for what"),
    }.get(field, "")


def problem_words() -> dict[str, str]:
    """Return name of a problem -> sentence."""
    return {
        "missing": _("Please fill this in."),
        "too_long": _("This is too long."),
        "too_many": _("These are too many questions: 20 at the most."),
        "out_of_range": _("Please give a number above 0, up to 10,000."),
        "too_fine": _("Two decimals at the most."),
        "unknown": _("Please choose one."),
        "no_date": _("This is no date and time."),
        "basket_full": _("No more than 20 things can be placed at once."),
        "nothing_chosen": _("Choose what to place first."),
        "nothing_to_share": _("Choose something to share first."),
        "feedback_empty": _("Write a few words first."),
        "feedback_too_long": _("This is too long."),
    }


def notices() -> dict[str, str]:
    """Return name of what happened -> sentence."""
    return {
        "moved": _("Some dates of this year are over. What was due then moved to what is left of the year."),
        "usual_year": _(
            "No calendar of your school is known here, so the dates follow a usual year. Change what does not fit."
        ),
        "shared": _("Shared. Your colleagues find it from now on."),
        "improved": _("Kept as a new version. What was placed before stays as it was."),
        "withdrawn": _("Withdrawn. What was placed from it stays as it was."),
        "said": _("Thank you. The author and your colleagues can read it."),
    }
