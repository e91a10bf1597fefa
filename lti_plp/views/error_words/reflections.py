"""Errors at reflections: writing, sending, reading."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, reopen


def words_about_reflections() -> dict[str, Words]:
    """Return code -> words of reflections, in the language of this request."""
    look_again = _("Open the page again and choose once more.")
    shorten = _("Go back, shorten it, and try again.")
    not_filled_in = Words(
        _("This reflection cannot be kept like this"),
        _("Something is missing or does not fit. Nothing was changed."),
        _("Go back, mend it, and try again."),
    )
    return {
        "question_unknown": Words(
            _("There is no such question"),
            _("The reflection was changed, or the page is out of date."),
            reopen(),
        ),
        "answer_too_long": Words(_("This answer is too long"), _("It was not saved."), shorten),
        "comment_too_long": Words(_("This comment is too long"), _("It was not sent."), shorten),
        "newer_submission": Words(
            _("The student has sent something newer"),
            _("You were looking at what was sent before. Nothing was rated."),
            _("Open the student's work again, and rate what is there now."),
        ),
        "not_graded": Words(
            _("This reflection has no grade"),
            _("It was placed without points. Nothing was sent."),
            _("Go back and send a comment instead."),
        ),
        "points_out_of_range": Words(
            _("These points do not fit"),
            _("They are below zero, or more than there are to be had. Nothing was sent."),
            _("Go back and correct them."),
        ),
        "may_not_read_reflection": Words(
            _("This is not for you to read"),
            _("A reflection is read by its student and, once it is sent, by the teachers of the course."),
            reopen(),
        ),
        "audience_unknown": Words(_("This cannot be chosen"), _("Nothing was changed."), look_again),
        "reflection_problems": not_filled_in,
        "template_problems": not_filled_in,
        "may_not_see_own_reflections": Words(
            _("This page is for students"),
            _("It holds a student's own reflections."),
            _("If you follow a student's learning, the school can tell you how to see their plan."),
        ),
        "already_finished": Words(
            _("This reflection is finished"),
            _("Whose words these are stays as it was."),
            _("Go back and change your answers; then you can change this as well."),
        ),
        "about_unknown": Words(
            _("This is not in your plan any more"),
            _("A goal, step or piece of evidence that you chose was removed."),
            look_again,
        ),
        "about_too_much": Words(
            _("That is too much for one reflection"),
            _("It can be about 50 things at the most."),
            look_again,
        ),
        "not_begun": Words(
            _("Nothing is written yet"),
            _("A reflection can be connected to your plan as soon as it holds a word."),
            _("Go back and write an answer to at least one question."),
        ),
    }
