"""Errors at files that people hand in."""

from flask_babel import gettext as _

from lti_plp.views.error_words.words import Words, reopen


def words_about_files() -> dict[str, Words]:
    """Return code -> words of files, in the language of this request."""
    nothing_kept = _("Nothing of it was kept.")
    moved_on = Words(
        _("This was changed meanwhile"),
        _(
            "Somebody moved it on, or changed it, while you were looking at it. Nothing of yours was saved over it."
        ),
        _("Open its page again to see how it stands now."),
    )
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
        "pathway_unknown": Words(
            _("There is no such pathway"),
            _("It is not in your school's list."),
            _("Go back to the list of pathways and choose another one."),
        ),
        "pathway_title_taken": Words(
            _("There is an entry of this title already"),
            _("Nothing was changed."),
            _("Choose another title, or change the entry that is there."),
        ),
        "pathway_changed": moved_on,
        "pathway_move": moved_on,
        "transition_changed": moved_on,
        "pathway_withdrawn": Words(
            _("This pathway is not offered any more"),
            _("Your school took it out of the list. Nothing was changed in your plan."),
            _("Go back to the list of pathways and choose another one."),
        ),
        "pathway_taken_part": Words(
            _("This pathway stays in your plan"),
            _("You take part in it, and your school has agreed to it."),
            _("If you want to stop, give it up on its page."),
        ),
        "transition_not_agreed": Words(
            _("Not everybody has agreed"),
            _("Nothing was handed over, and nothing was changed."),
            _("The student agrees first, then the family, both to the same parts and the same person."),
        ),
        "file_not_here": Words(
            _("There is no such file for you"),
            _("It was removed, or it belongs to somebody who does not share it with you."),
            reopen(),
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
