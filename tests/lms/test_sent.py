"""What was handed in is written in one way only, and read as it was."""

import pytest

from lti_plp.lms.gateway import HandedInFile
from lti_plp.lms.sent import MOST_FILES, Sent, read_sent, written

FILE = HandedInFile("640101", "Mayas Bericht – Entwurf.pdf", 183_220, "application/pdf")


@pytest.mark.parametrize("sent", [Sent("text"), Sent("link"), Sent("files", (FILE, FILE), 2)])
def test_what_is_written_is_read_again(sent: Sent) -> None:
    assert read_sent(written(sent)) == sent
    assert written(sent) == written(sent)


def test_nothing_told_is_nothing() -> None:
    assert read_sent("") is None


def test_of_very_many_files_the_number_is_kept() -> None:
    found = read_sent(written(Sent("files", (FILE,) * 25, 25)))
    assert found
    assert (len(found.files), found.count, found.unnamed) == (MOST_FILES, 25, 5)
    assert written(Sent("files", (FILE,) * 26, 26)) != written(Sent("files", (FILE,) * 25, 25))
