"""Errors on the way in: launches, web sessions, registrations, the picker."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, administrator, reopen


def words_about_launches() -> dict[str, Words]:
    """Return code -> words of launches and registrations, in the language of this request."""
    again = Words(
        _("Please open this again"),
        _("This page was opened by another launch, in another browser, or too long ago."),
        reopen(),
    )
    stale = Words(
        _("This launch cannot be used"),
        _("It was used before, took too long, or came from another browser."),
        reopen(),
    )
    setup = Words(
        _("This school's LMS is not set up here"),
        _("The learning platform and this tool do not know each other yet, or not completely."),
        administrator(),
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
        "message_anonymous": Words(
            _("Please sign in first"),
            _("You are looking at a course without an account, so nobody here can know whose plan to show."),
            _("Sign in to your learning platform, and open this from your course again."),
        ),
        "looking_as": Words(
            _("Nothing can be changed here"),
            _(
                "You act as somebody else in your learning platform. You can look at their pages, and nothing more."
            ),
            _("To change something, stop acting as them there, and open this as yourself."),
        ),
        "platform_refused": Words(
            _("Your learning platform did not say who you are"),
            _("You may have been signed out there."),
            _("Sign in to your learning platform, then open this from your course again."),
        ),
        "template_unknown": Words(
            _("This link has no reflection"),
            _("It was not placed completely, or what it stood for is no longer here."),
            _("A teacher of the course can remove the link and place it again."),
        ),
        "template_elsewhere": Words(
            _("This was placed in another school"),
            _("The course was brought from there. The questions stayed in that school, and nothing is lost."),
            _(
                "A teacher of the course can open the assignment's settings, choose this tool again, and pick anew."
            ),
        ),
        "copy_begun": Words(
            _("A student has begun to answer"),
            _("So the questions stay as they are. Nothing was changed."),
            _("For other questions, place another reflection in the course."),
        ),
        "no_copy": Words(
            _("This reflection is no copy"),
            _("It was placed in this course, so it stays as it was placed."),
            _("For other questions, place another reflection in the course."),
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
            reopen(),
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
            reopen(),
        ),
        "may_not_place_reflection": Words(
            _("This page is for teachers"),
            _("Only teachers of this course place reflections."),
            reopen(),
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
        "platform_answer_large": registration,
        "platform_foreign": registration,
        "invitation": Words(
            _("This link cannot be used any more"),
            _("It works once, and for three days."),
            _("Ask whoever runs this tool for a new link."),
        ),
    }
