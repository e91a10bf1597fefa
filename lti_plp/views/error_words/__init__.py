"""The words of every error that people see: what happened, that nothing is lost, who can mend it and how."""

from flask_babel import gettext as _

from lti_plp.views.error_words.adults import words_about_meetings, words_about_sharing, words_about_students
from lti_plp.views.error_words.canvas import words_about_canvas
from lti_plp.views.error_words.files import words_about_files
from lti_plp.views.error_words.growth import words_about_growth
from lti_plp.views.error_words.launches import words_about_launches
from lti_plp.views.error_words.plans import words_about_fields, words_about_plans
from lti_plp.views.error_words.reflections import words_about_reflections
from lti_plp.views.error_words.words import Words, reopen


def _words_by_code() -> dict[str, Words]:
    return {
        **words_about_launches(),
        **words_about_files(),
        **words_about_reflections(),
        **words_about_plans(),
        **words_about_students(),
        **words_about_meetings(),
        **words_about_fields(),
        **words_about_sharing(),
        **words_about_growth(),
        **words_about_canvas(),
    }


def _words_by_status(status: int) -> Words:
    if status == 404:
        return Words(_("There is nothing here"), _("The address leads to no page."), reopen())
    if status == 405:
        return Words(_("Open this from your course"), _("This address is not a page to visit."), reopen())
    if status == 413:
        return Words(
            _("That was too much at once"),
            _("What was sent is larger than this tool accepts."),
            _("Shorten it, and send it again."),
        )
    if status == 403:
        return Words(_("Not for you"), _("You may not see or do this."), reopen())
    if status in {400, 401, 409}:
        return Words(
            _("This did not work"),
            _("What arrived here could not be used, and nothing was changed."),
            reopen(),
        )
    return Words(
        _("Something went wrong"),
        _("The fault is ours, not yours. What was saved is still there."),
        _("Try again in a minute. If it stays like this, tell your school's administrator the number below."),
    )


def words_for(code: str, status: int) -> Words:
    """Return the texts for an error, in the language of this request."""
    return _words_by_code().get(code) or _words_by_status(status)
