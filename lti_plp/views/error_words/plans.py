"""Errors at a student's own plan, and in the fields of its forms."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, reopen


def words_about_plans() -> dict[str, Words]:
    """Return code -> words of a student's own plan, in the language of this request."""
    look_again = _("Open your plan again and look at what is there.")
    unknown = Words(
        _("There is no such plan for you"),
        _("It does not exist, or it belongs to somebody who does not share it with you."),
        reopen(),
    )
    only_own = Words(
        _("This page is for students"),
        _("Each student changes their own plan, and nobody else's."),
        _("If you help a student, you can suggest changes to them."),
    )
    not_shared = Words(
        _("This is not shared with you"),
        _("The student decides who sees what in their plan."),
        _("Ask the student to share it with you."),
    )
    return {
        "plan_not_begun": Words(
            _("You have no plan yet"),
            _("It begins with the first thing that you write."),
            _("Open your plan and write one sentence about yourself."),
        ),
        "plan_unknown": unknown,
        "item_not_here": Words(
            _("This is not in your plan"),
            _("There is no such thing here, or it belongs to somebody else."),
            look_again,
        ),
        "item_fixed": Words(
            _("This stays as it was"),
            _("It says how things were at that time, so it cannot be changed or removed."),
            _("Add a new one with what is right now."),
        ),
        "revision_unknown": Words(
            _("There is no such version"),
            _("Your plan has not been kept under this number."),
            _("Your plan's history lists all versions."),
        ),
        "item_removed": Words(
            _("This is not in your plan any more"),
            _("It was removed. Your plan still remembers it."),
            _("Bring it back in your history, then try again."),
        ),
        "goal_has_parts": Words(
            _("Other goals lead to this one"),
            _("It cannot be removed while they do. Nothing was changed."),
            _("Change where those goals lead first, then remove this one."),
        ),
        "too_many_items": Words(
            _("Your plan is full"),
            _("It holds 5,000 of these, which is as many as it can."),
            _("Go on with one that is there already."),
        ),
        "changed_elsewhere": Words(
            _("This was changed in another window"),
            _("What stands there now is kept. What you sent just now was not saved."),
            _("Go back, copy your words, and open the page again to see what is there."),
        ),
        "already_answered": Words(
            _("You have answered this already"),
            _("Perhaps in another window. Your first answer counts."),
            _("Go back to see what your plan says now."),
        ),
        "revision_open": Words(
            _("You are looking over your plan already"),
            _("One version is still open, and there can be only one at a time."),
            _("Go on with that one, or finish it first."),
        ),
        "no_revision": Words(
            _("There is no open version to finish"),
            _("It was finished already, perhaps in another window."),
            _("See your history for the versions that you kept."),
        ),
        "needs_meeting": Words(
            _("This version needs a meeting"),
            _("The yearly one is made together: you, your school and your family. What you wrote is kept."),
            _("Ask for a meeting, or keep an in-between version for now."),
        ),
        "may_not_edit_plan": only_own,
        "may_not_see_plan": not_shared,
        "may_not_speak_on_plan": not_shared,
        "may_not_read_hand_in": Words(
            _("This was handed in to the teachers of a course"),
            _("Only they, and the student, see it here."),
            _("If you teach the course, open it from there."),
        ),
        "may_not_hand_in": only_own,
        "hand_in_unknown": Words(
            _("This is not there any more"),
            _("The student took it out of the plan, or it was handed in to another school."),
            _("Ask the student to hand in something else."),
        ),
        "hand_in_elsewhere": Words(
            _("Open this from an assignment"),
            _("Something of your plan is handed in from an assignment of your course."),
            _("Open the assignment there, begin to submit, and choose this tool."),
        ),
        "may_not_validate_evidence": Words(
            _("This page is for teachers"),
            _("Only teachers of the student can confirm evidence that is shared with them."),
            reopen(),
        ),
        "element_unknown": Words(
            _("Your plan does not have this part"),
            _("Your school chose a form of the plan without it."),
            _("If you miss it, tell your school: at the bottom of the page “What others say”."),
        ),
        "plan_template_problems": Words(
            _("This form of the plan cannot be kept yet"),
            _("Something in it is missing or does not fit. Nothing was changed."),
            _("Go back, mend it, and try again."),
        ),
        "feedback_missing": Words(
            _("Nothing is written yet"),
            _("There was nothing to send."),
            _("Go back and write what you think."),
        ),
        "feedback_too_long": Words(
            _("This is too long"),
            _("At most 5,000 characters fit. Nothing was sent."),
            _("Go back, shorten it, and send it again."),
        ),
    }


def words_about_fields() -> dict[str, Words]:
    """Return code -> words of fields that cannot be kept, in the language of this request."""
    not_saved = _("It was not saved. What was there before still is.")
    choose_again = _("Go back and choose again.")
    unknown = Words(
        _("This page is out of date"),
        not_saved,
        _("Copy what you wrote, open the page again, and put it in."),
    )
    return {
        "field_unknown": unknown,
        "field_wrong_type": unknown,
        "field_missing": Words(
            _("Something is still missing"),
            not_saved,
            _("Go back and fill it in."),
        ),
        "field_no_email": Words(
            _("This is no e-mail address"),
            not_saved,
            _("Go back and correct it, or leave it out."),
        ),
        "field_too_long": Words(
            _("This is too long"),
            not_saved,
            _("Go back and shorten it."),
        ),
        "field_too_many": Words(
            _("These are too many people"),
            not_saved,
            _("Keep the 20 who matter most."),
        ),
        "field_no_address": Words(
            _("This is not a link"),
            not_saved,
            _("Copy the whole address from your browser. It starts with https://"),
        ),
        "field_unknown_choice": Words(_("This cannot be chosen"), not_saved, choose_again),
        "field_no_date": Words(
            _("This is not a date yet"),
            not_saved,
            _("Give day, month and year, between 1990 and 2099."),
        ),
        "field_no_number": Words(
            _("This number does not fit here"),
            not_saved,
            _("Give a whole number that is neither too small nor too large."),
        ),
        "field_unknown_item": Words(
            _("This is not in your plan any more"),
            _("Something that you chose was removed. Nothing was saved."),
            choose_again,
        ),
        "field_cycle": Words(
            _("This would go round in a circle"),
            _("A goal cannot lead to itself, not even by way of others. It was not saved."),
            _("Choose another goal that it leads to."),
        ),
        "field_not_long": Words(
            _("This goal looks no further ahead"),
            _("A goal can lead to one for later, not to one for now. It was not saved."),
            _("Choose a goal for later, or make that one a goal for later first."),
        ),
        "field_short_goal": Words(
            _("Years ahead are for later goals"),
            not_saved,
            _("Make it a goal for later, or leave the years out."),
        ),
        "field_removed_goal": Words(
            _("The goal was removed"),
            _("A step needs a goal that is still in your plan. It was not saved."),
            _("Choose another goal, or bring that one back."),
        ),
        "field_already_replaced": Words(
            _("This was corrected already"),
            not_saved,
            _("Look for the newest version on this page, and correct that one."),
        ),
        "field_before_start": Words(
            _("It would end before it starts"),
            not_saved,
            _("Choose a later day for its end, or an earlier one for its start."),
        ),
    }
