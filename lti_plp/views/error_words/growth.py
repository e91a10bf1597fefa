"""Words about proficiencies, ratings and the files that bring them in."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words


def words_about_growth() -> dict[str, Words]:
    """Return code -> words of proficiencies, in the language of this request."""
    nothing = _("Nothing was changed.")
    not_rated_here = Words(
        _("This is not yours to rate"),
        _(
            "Teachers, advisors and mentors of a student say how well something is done; students say it of themselves."
        ),
        _("If you work with this student, ask your school's administrator to say so here."),
    )
    return {
        "may_not_rate_proficiency": not_rated_here,
        "may_not_judge_level": Words(
            _("This is not yours to decide"),
            _(
                "Teachers and advisors of the student say what the level is. A substitute rates single pieces of work."
            ),
            _("Leave a comment instead."),
        ),
        "framework_problems": Words(
            _("This cannot be brought in yet"),
            _("Something in it is missing or does not fit.") + " " + nothing,
            _("Mend what is named, and bring it in again."),
        ),
        "framework_too_large": Words(
            _("The file is too large"),
            _("A framework has 50 MB at most, and 20,000 items.") + " " + nothing,
            _("Bring in a part of it as a framework of its own, or look whether it is the right file."),
        ),
        "scales_too_large": Words(
            _("The file is too large"),
            _("A table of scales is small: one row for each level.") + " " + nothing,
            _("Look whether it is the right file, and bring in only the rows of your scales."),
        ),
        "case_too_large": Words(
            _("What comes from there is too large"),
            _("The server sent more than the 50 MB that a framework has at most.") + " " + nothing,
            _("Ask for one package instead of several, or bring in a part of it as a file."),
        ),
        "framework_unknown": Words(
            _("There is no such framework"),
            _("Your district has none with this address."),
            _("Go back to the list of frameworks."),
        ),
        "framework_upload_unknown": Words(
            _("This file is not here any more"),
            _("It was published, somebody else brought it, or it lay for more than a day.") + " " + nothing,
            _("Bring it in again."),
        ),
        "course_unknown": Words(
            _("You have not come from this course"),
            _("Outcomes are read of courses that you have come from.") + " " + nothing,
            _("Open this tool from the course, or choose one of the list."),
        ),
        "requirement_unfit": Words(
            _("Graduation cannot ask for this"),
            _("A part holds fewer proficiencies than are asked for, or is not in the framework now.")
            + " "
            + nothing,
            _("Ask for as many as the part holds, or leave the number empty for all."),
        ),
        "case_address": Words(
            _("This address cannot be asked"),
            _("Only public https addresses are asked for a framework.") + " " + nothing,
            _("Check the address, or download the package and bring in the file."),
        ),
        "case_answer": Words(
            _("No framework came from there"),
            _("The server did not answer with a CASE package or a list of them, or took too long.")
            + " "
            + nothing,
            _("Check the address, or download the package and bring in the file."),
        ),
        "framework_changed": Words(
            _("Somebody else was quicker"),
            _("Another version was published while you looked at this one.") + " " + nothing,
            _("Bring your file in again: it shows what is different now."),
        ),
        "scales_changed": Words(
            _("Somebody else was quicker"),
            _("Other scales were published while you looked at these.") + " " + nothing,
            _("Bring your table in again: it shows what is different now."),
        ),
        "scale_former": Words(
            _("This name is taken"),
            _("A scale of the table had its name once, and another took its place.") + " " + nothing,
            _("Give the scale a name of its own, and bring the table in again."),
        ),
        "calculation_unknown": Words(
            _("There is no such way of calculating"),
            _("The number does not fit the rule.") + " " + nothing,
            _("Choose a rule, and a number within its range."),
        ),
        "proficiency_unknown": Words(
            _("There is no such proficiency"),
            _("It is not in the framework now, or it is a heading, which is not rated."),
            _("Go back and choose another one."),
        ),
        "level_unknown": Words(
            _("The scale has no such level"),
            _("Perhaps the scale was changed while you looked at it.") + " " + nothing,
            _("Open the page again and choose a level."),
        ),
        "guide_unknown": Words(
            _("The scoring guide has no such line"),
            _("Perhaps it was changed while you looked at it.") + " " + nothing,
            _("Open the page again."),
        ),
        "may_not_map_coursework": Words(
            _("This is not yours to decide"),
            _("Who teaches a course says what its grades mean for plans."),
            _("Ask the teacher of the course."),
        ),
        "mapping_problem": Words(
            _("This rule does not fit yet"),
            _("A number, a word or a level in it does not fit.") + " " + nothing,
            _("Go back, look at each line, and try again."),
        ),
        "mapping_changed": Words(
            _("Somebody else was quicker"),
            _("A colleague wrote such a rule at the same moment.") + " " + nothing,
            _("Open the page again: it shows the rule that there is."),
        ),
        "no_earlier_rules": Words(
            _("No rule is chosen"),
            _("None of the earlier course's rules is ticked.") + " " + nothing,
            _("Go back and tick at least one, or leave them all."),
        ),
        "earlier_rules_changed": Words(
            _("Somebody else was quicker"),
            _("A rule of the earlier course was changed while you looked at it.") + " " + nothing,
            _("Open the page again: it shows the rules as they are now."),
        ),
        "mapping_unknown": Words(
            _("There is no such rule"),
            _("Your course has none with this address."),
            _("Go back to the list of your course's work."),
        ),
        "coursework_unknown": Words(
            _("There is no such work"),
            _("The course has none with this address, or its LMS says nothing of it yet."),
            _("Go back and choose another one."),
        ),
        "coursework_broken": Words(
            _("The LMS gave an answer that cannot be read"),
            _("It contradicts itself.") + " " + nothing,
            _("Try again later. If it stays so, tell your school's administrator."),
        ),
        "too_many_ties": Words(
            _("The step is so many things already"),
            _("One step can be up to five pieces of work.") + " " + nothing,
            _("Make another step of it."),
        ),
        "rating_too_long": Words(
            _("That is too long"),
            _("A note has room for 2,000 characters.") + " " + nothing,
            _("Shorten it."),
        ),
        "rating_ahead": Words(
            _("That day has not come yet"),
            _("A rating is about something that was done."),
            _("Change the day."),
        ),
        "rating_day": Words(
            _("That is no day"),
            _("A rating is about something that was done on a day.") + " " + nothing,
            _("Change the day."),
        ),
        "rating_unknown": Words(
            _("There is no such rating of yours"),
            _("Only who rated corrects it.") + " " + nothing,
            _("Go back to the student's page."),
        ),
        "rating_corrected": Words(
            _("It was corrected already"),
            _("Perhaps in another window.") + " " + nothing,
            _("Open the page again: it shows the newest."),
        ),
    }
