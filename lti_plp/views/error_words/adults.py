"""Errors at the pages of the adults around a plan."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, reopen


def words_about_students() -> dict[str, Words]:
    """Return code -> words of the adults' pages, in the language of this request."""
    for_adults = Words(
        _("This page is for the school's adults"),
        _("Teachers, advisors and others of the school look after their students here."),
        reopen(),
    )
    for_administrators = Words(
        _("This page is for administrators"),
        _("It is about the school as a whole, so only those who look after the platform can open it."),
        _("Ask an administrator of your school."),
    )
    not_decided_here = Words(
        _("This is not yours to decide"),
        _("Those who teach or advise the student decide it together with the student."),
        _("Ask the student's teacher or advisor."),
    )
    return {
        "student_not_here": Words(
            _("This student is not among yours"),
            _(
                "You see the students whom you teach or advise, for as long as you do, and two weeks more. "
                "Somebody who stands in sees them until the last day; what they wrote stays."
            ),
            _("If this should be otherwise, ask an administrator of your school."),
        ),
        "joined_meanwhile": Words(
            _("This student has just become one with another entry"),
            _("An administrator said that two entries are one student. What you sent was not saved."),
            _("Open the list of students again, and send it there: the student is in it once now."),
        ),
        **dict.fromkeys(
            (
                "stand_in_who",
                "stand_in_course",
                "stand_in_dates",
                "stand_in_twice",
                "relation_who",
                "relation_dates",
                "relation_twice",
            ),
            Words(
                _("This cannot be said like this"),
                _("Somebody or some day does not fit. Nothing was changed."),
                _("Go back and look at who and when."),
            ),
        ),
        **dict.fromkeys(
            ("stand_in_unknown", "relation_unknown"),
            Words(
                _("There is no such thing any more"),
                _("It was ended, perhaps in another window."),
                _("Open the list again."),
            ),
        ),
        "level_without_goal": Words(
            _("A level needs a goal"),
            _("This evidence is linked to neither a goal nor a step. Nothing was sent."),
            _("Write something instead, for example which goal it could belong to."),
        ),
        **dict.fromkeys(
            ("starter_text", "too_many_starters", "starter_unknown"),
            Words(
                _("This beginning was not kept"),
                _("It is empty or too long, was removed, or there are 30 already."),
                _("Go back and look at your own beginnings."),
            ),
        ),
        "nobody_to_tell": Words(
            _("Nobody of them has a plan yet"),
            _("What you say stands on a student's plan, so there was no place for it."),
            _("Help them to begin: place “Build my profile” in your course."),
        ),
        "view_name": Words(
            _("This view needs a name"),
            _("Up to 60 characters. Nothing was kept yet."),
            _("Go back and give it a short name, such as “Overdue in English 9”."),
        ),
        "too_many_views": Words(
            _("These are too many views"),
            _("You can keep 20. This one was not kept."),
            _("Remove one that you do not need any more."),
        ),
        "view_unknown": Words(
            _("There is no such view"),
            _("It was removed, perhaps in another window."),
            _("Go back to your students."),
        ),
        "students_plan_not_begun": Words(
            _("There is no plan yet"),
            _("It begins with the first thing that the student writes in it."),
            _("Help the student to write one sentence about themselves."),
        ),
        "may_not_see_students": for_adults,
        "may_not_share_template": for_adults,
        "may_not_see_catalogue": for_adults,
        "may_not_name_stand_in": for_adults,
        "may_not_hold_meeting": not_decided_here,
        "may_not_finish_revision": not_decided_here,
        "may_not_decide_pathway": not_decided_here,
        "may_not_hand_over": not_decided_here,
        "may_not_mark_elements": not_decided_here,
        "may_not_see_school": for_administrators,
        "may_not_manage_school": for_administrators,
        "year_unknown": Words(
            _("There is no such school year"),
            _("It was not written down here. Nothing was changed."),
            _("Open the calendar again and choose one that is there."),
        ),
        "calendar_problems": Words(
            _("The school year cannot be kept like this"),
            _("Something in it is missing or does not fit. Nothing was changed."),
            _("Go back, mend it, and try again."),
        ),
        "course_not_here": Words(
            _("There is no such class for you"),
            _("You see figures of the classes that you teach."),
            _("Go back and choose another one."),
        ),
    }


def words_about_meetings() -> dict[str, Words]:
    """Return code -> words of meetings, in the language of this request."""
    nothing = _("Nothing was changed, and every note is kept.")
    return {
        "meeting_unknown": Words(
            _("There is no such meeting"),
            _("It is about another plan, or nobody of that number is invited to it."),
            _("The list of conferences shows those that there are."),
        ),
        "meeting_over": Words(
            _("This meeting is over"),
            _(
                "It was held or called off meanwhile, so it stays as it is. What you typed is still on your page."
            ),
            _("Copy your words, then open the meeting again to see what became of it."),
        ),
        "meeting_held": Words(
            _("Somebody else has just finished this meeting"),
            _("It became a version of the plan a moment ago, and there is only one."),
            _("Look at the result. What is missing can be talked about in another meeting."),
        ),
        "meeting_goal_changed": Words(
            _("A goal was changed since you talked about it"),
            nothing,
            _("Read its new words together, and say that they are fine or change your note."),
        ),
        "meeting_nobody_there": Words(
            _("Nobody is noted as there"),
            nothing,
            _("Say who came, then finish the meeting."),
        ),
        "meeting_lacks_people": Words(
            _("A yearly revision needs the student, the school and the family"),
            nothing,
            _("Note that they came, or say how often you asked them and why you go on without them."),
        ),
        "call_answered": Words(
            _("This wish has its answer already"),
            _("Somebody has planned the meeting, or the student has taken the wish back."),
            _("The list of conferences shows what is planned."),
        ),
        "attendance_noted": Words(
            _("It is noted already whether this person came"),
            nothing,
            _("Set it back to “invited” first, if the name is there by mistake."),
        ),
    }


def words_about_sharing() -> dict[str, Words]:
    """Return code -> words of what teachers share, in the language of this request."""
    nothing_sent = _("Nothing was kept, and what you wrote is still on the page.")
    return {
        "shared_unknown": Words(
            _("This is not shared any more"),
            _("Its author may have withdrawn it. What was placed from it stays as it was."),
            _("Go back, and choose something else."),
        ),
        "shared_not_own": Words(
            _("Somebody else made this"),
            _("Only its author can change or withdraw it. Nothing was changed."),
            _("Go back, and share your own version of it."),
        ),
        "shared_problems": Words(
            _("This cannot be shared like this"),
            nothing_sent,
            _("Go back, give it a name, and choose who finds it."),
        ),
        "feedback_empty": Words(
            _("Nothing is written yet"), nothing_sent, _("Go back, and write a few words first.")
        ),
        "feedback_too_long": Words(
            _("This is too long"), nothing_sent, _("Go back, and say it in 2,000 characters or fewer.")
        ),
    }
