"""Errors around the permission to read Canvas."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, administrator


def words_about_canvas() -> dict[str, Words]:
    """Return code -> words, in the language of this request."""
    again = _("Go back to the page that you came from, reload it there, and begin again.")
    return {
        "consent_unknown": Words(
            _("This question was answered already"),
            _("Or it was asked more than ten minutes ago. Nothing was changed."),
            again,
        ),
        "consent_refused": Words(
            _("Canvas gave no permission"),
            _("You said no, or Canvas did. Nothing is read, and everything else works as before."),
            _(
                "If you did not mean that, go back and begin again; if it stays so, an administrator checks the key."
            ),
        ),
        "consent_of_other": Words(
            _("This is another person's Canvas"),
            _("Who allowed it in Canvas is not the person who was asked here. Nothing was kept."),
            _(
                "Sign out of Canvas in this window, sign in as yourself, and begin again from your course. If it was "
                "you all the time, open the tool once from the menu of a course."
            ),
        ),
        "consent_failed": Words(
            _("Canvas did not finish this"),
            _("It said yes, and then did not hand over what it takes to read. Nothing was kept."),
            again,
        ),
        "page_not_found": Words(
            _("There is nothing here"),
            _("This page is for schools that came from Canvas."),
            administrator(),
        ),
    }
