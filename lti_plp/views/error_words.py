"""The words of every error that people see: what happened, that nothing is lost, who can mend it and how."""

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class Words:
    """The texts of one error page."""

    title: str
    happened: str
    mend: str


def _reopen() -> str:
    return _("Go back to your course and open it from there again.")


def _administrator() -> str:
    return _("Please tell your school's administrator, with the number below.")


def _words_by_code() -> dict[str, Words]:
    """Return code -> words, in the language of this request."""
    again = Words(
        _("Please open this again"),
        _("This page was opened by another launch, in another browser, or too long ago."),
        _reopen(),
    )
    stale = Words(
        _("This launch cannot be used"),
        _("It was used before, took too long, or came from another browser."),
        _reopen(),
    )
    setup = Words(
        _("This school's LMS is not set up here"),
        _("The learning platform and this tool do not know each other yet, or not completely."),
        _administrator(),
    )
    registration = Words(
        _("The registration did not work"),
        _("What your learning platform says about itself could not be read or used. Nothing was registered."),
        _(
            "Ask whoever runs this tool for a new link and try again, or register by hand; the documentation says how."
        ),
    )
    return {
        "session_unknown": again,
        "form_token": again,
        "login_unknown": stale,
        "browser_unknown": Words(
            _("We could not recognize your browser"),
            _("Your browser keeps no data for this page inside another one."),
            _("Open the assignment in a new window or tab, or allow cookies for this site, and try again."),
        ),
        "registration_unknown": setup,
        "login_ambiguous": setup,
        "registration_disabled": setup,
        "deployment_disabled": setup,
        "deployment_pending": Words(
            _("Almost there"),
            _("Your school has installed this tool, but it is not switched on yet."),
            _("An administrator of this tool has to switch it on; the number below helps them."),
        ),
        "target_not_ours": Words(
            _("This link leads elsewhere"),
            _("The link that was opened does not belong to this tool."),
            _("Whoever placed the link can remove it and place it again."),
        ),
        "platform_keys_unreachable": Words(
            _("Your learning platform does not answer"),
            _("We could not make sure that it was your platform that sent you."),
            _("Wait a minute, then open it from your course again."),
        ),
        "platform_refused": Words(
            _("Your learning platform did not say who you are"),
            _("You may have been signed out there."),
            _("Sign in to your learning platform, then open this from your course again."),
        ),
        "template_unknown": Words(
            _("This link has no reflection"),
            _("It may have been placed in another school, or not completely."),
            _("A teacher of the course can remove the link and place it again."),
        ),
        "link_of_other_course": Words(
            _("This link belongs to another course"),
            _("The learning platform opened it from a course that it was not placed in."),
            _("A teacher of the course can remove the link and place it again."),
        ),
        "nothing_sent": Words(
            _("Nothing to read yet"),
            _("This student has not sent anything here."),
            _("Drafts belong to the student alone; you will see it once it is sent."),
        ),
        "nothing_written": Words(
            _("Nothing is written yet"),
            _("There was nothing to send."),
            _("Go back and write an answer to at least one question."),
        ),
        "already_sent": Words(
            _("You have sent this already"),
            _("Your teacher chose that this reflection is sent once."),
            _("If something is missing, talk to your teacher."),
        ),
        "may_not_preview_reflection": Words(
            _("This page is for students"),
            _("Only students of the course write here."),
            _("If you follow a student's learning, the school can tell you how to see their plan."),
        ),
        "may_not_write_reflection": Words(
            _("This page is for students"),
            _("Only students of the course write here, each in their own reflection."),
            _reopen(),
        ),
        "may_not_see_class": Words(
            _("This page is for teachers"),
            _("Only teachers of this course can see the class and what it sent."),
            _("If you are a student, open the assignment from your course."),
        ),
        "may_not_see_course": Words(
            _("This page is for the course's teachers and students"),
            _("It lists what the course reflects on."),
            _("If you follow a student's learning, the school can tell you how to see their plan."),
        ),
        "may_not_rate_reflection": Words(
            _("This page is for teachers"),
            _("Only teachers of this course rate reflections."),
            _reopen(),
        ),
        "may_not_place_reflection": Words(
            _("This page is for teachers"),
            _("Only teachers of this course place reflections."),
            _reopen(),
        ),
        "picker_elsewhere": Words(
            _("Open this from your course"),
            _("Reflections are chosen in your learning platform's own dialog."),
            _("Add an assignment there, and choose this tool."),
        ),
        "links_not_accepted": Words(
            _("This place takes no links to a tool"),
            _("Your learning platform asked for something else here. Nothing was placed."),
            _("Go back to your course, and add an assignment there instead."),
        ),
        "one_link_only": Words(
            _("Only one at a time here"),
            _("Your learning platform takes one reflection at a time in this place. Nothing was placed."),
            _("Go back and place one; then open this again for the next."),
        ),
        "platform_configuration": registration,
        "platform_address": registration,
        "platform_answer": registration,
        "platform_foreign": registration,
        "invitation": Words(
            _("This link cannot be used any more"),
            _("It works once, and for three days."),
            _("Ask whoever runs this tool for a new link."),
        ),
        **_words_about_files(),
        **_words_about_reflections(),
        **_words_about_plans(),
        **_words_about_fields(),
    }


def _words_about_plans() -> dict[str, Words]:
    look_again = _("Open your plan again and look at what is there.")
    unknown = Words(
        _("There is no such plan for you"),
        _("It does not exist, or it belongs to somebody who does not share it with you."),
        _reopen(),
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
    for_adults = Words(
        _("This page is for the school's adults"),
        _("Teachers, advisors and others of the school look after their students here."),
        _reopen(),
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
            _("You see the students whom you teach or advise, for as long as you do, and two weeks more."),
            _("If this should be otherwise, ask an administrator of your school."),
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
        "may_not_validate_evidence": Words(
            _("This page is for teachers"),
            _("Only teachers of the student can confirm evidence that is shared with them."),
            _reopen(),
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


def _words_about_fields() -> dict[str, Words]:
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


def _words_about_reflections() -> dict[str, Words]:
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
            _reopen(),
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
            _reopen(),
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


def _words_about_files() -> dict[str, Words]:
    nothing_kept = _("Nothing of it was kept.")
    broken_off = Words(
        _("This upload is not there any more"),
        _("It was given up, or took longer than a day."),
        _("Choose the file again."),
    )
    elsewhere = Words(
        _("This upload is under way already"),
        _("Another page or tab sends the same file at this moment."),
        _("Wait a moment, then try again."),
    )
    return {
        "file_empty": Words(
            _("This file is empty"),
            nothing_kept,
            _("Look at it on your device, and choose it again when something is in it."),
        ),
        "file_unknown": Words(
            _("This kind of file cannot be kept here"),
            nothing_kept,
            _("Choose a picture, a video, a recording, a PDF, a document or plain text."),
        ),
        "file_old_office": Words(
            _("This document is in an old format"),
            nothing_kept,
            _("Open it, save it as a new document (such as .docx) or as a PDF, and choose that."),
        ),
        "file_archive": Words(
            _("This is a package of files"),
            nothing_kept,
            _("Unpack it, and choose the files one by one."),
        ),
        "file_script": Words(
            _("This file holds a program or a web page"),
            nothing_kept,
            _("Print it to a PDF or take a picture of it, and choose that."),
        ),
        "file_macros": Words(
            _("This document holds macros"),
            nothing_kept,
            _("Save it without macros (such as .docx) or as a PDF, and choose that."),
        ),
        "file_encrypted": Words(
            _("This file is locked with a password"),
            nothing_kept,
            _("Save it without the password, and choose it again."),
        ),
        "file_two_kinds": Words(
            _("Something is hidden in this file"),
            nothing_kept,
            _("Open it, save it anew, and choose that."),
        ),
        "file_bomb": Words(
            _("This file is packed in an unusual way"),
            nothing_kept,
            _("Open it, save it as a PDF, and choose that."),
        ),
        "file_broken": Words(
            _("This file seems to be damaged"),
            nothing_kept,
            _("Open it on your device to see whether it is whole. Save it anew, and choose that."),
        ),
        "image_too_large": Words(
            _("This picture has too many dots"),
            nothing_kept,
            _("Make it smaller, or take a picture of the screen, and choose that."),
        ),
        "file_name": Words(
            _("This name cannot be used"),
            _("A file's name must not hold slashes."),
            _("Give the file another name, and choose it again."),
        ),
        "file_too_large": Words(
            _("This file is too large"),
            nothing_kept,
            _("Make it shorter or smaller, or keep it elsewhere and add a link to it."),
        ),
        "quota_reached": Words(
            _("There is no room left for this file"),
            _("All your files together would be larger than your school allows."),
            _("Remove a file that you do not need any more, or add a link instead."),
        ),
        "may_not_store_files": Words(
            _("Nothing is kept in a preview"),
            _("You are looking at this page as a test student."),
            _("Real students can send files here."),
        ),
        "upload_unknown": broken_off,
        "upload_offset": elsewhere,
        "upload_busy": elsewhere,
        "file_not_here": Words(
            _("There is no such file for you"),
            _("It was removed, or it belongs to somebody who does not share it with you."),
            _reopen(),
        ),
        "file_address": Words(
            _("This address of a file has expired"),
            _("It was good for some minutes."),
            _("Open the page with the file again."),
        ),
        "storage_unreachable": Words(
            _("Files cannot be reached right now"),
            _("The fault is ours, not yours. What was saved is still there."),
            _(
                "Try again in a minute. If it stays like this, tell your school's administrator the number below."
            ),
        ),
    }


def _words_by_status(status: int) -> Words:
    if status == 404:
        return Words(_("There is nothing here"), _("The address leads to no page."), _reopen())
    if status == 405:
        return Words(_("Open this from your course"), _("This address is not a page to visit."), _reopen())
    if status == 413:
        return Words(
            _("That was too much at once"),
            _("What was sent is larger than this tool accepts."),
            _("Shorten it, and send it again."),
        )
    if status == 403:
        return Words(_("Not for you"), _("You may not see or do this."), _reopen())
    if status in {400, 401, 409}:
        return Words(
            _("This did not work"),
            _("What arrived here could not be used, and nothing was changed."),
            _reopen(),
        )
    return Words(
        _("Something went wrong"),
        _("The fault is ours, not yours. What was saved is still there."),
        _("Try again in a minute. If it stays like this, tell your school's administrator the number below."),
    )


def words_for(code: str, status: int) -> Words:
    """Return the texts for an error, in the language of this request."""
    return _words_by_code().get(code) or _words_by_status(status)
