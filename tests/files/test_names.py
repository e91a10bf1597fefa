"""Names of files, and addresses that open them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_plp.errors import BadInput
from lti_plp.files.addresses import STEP, expiry, is_signed, signature
from lti_plp.files.kinds import BY_NAME
from lti_plp.files.names import LONGEST_NAME, clean_name, download_name
from tests.factories import NOON, minutes


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("my robot.jpg", "my robot.jpg"),
        ("Mañana.pdf", "Mañana.pdf"),
        ("Man\u0303ana.pdf", "Mañana.pdf"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        (" ..hidden. ", "hidden"),
        ("", ""),
        ("x" * 300 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
        ("x" * 300, "x" * LONGEST_NAME),
        ("a." + "x" * 300, "a." + "x" * (LONGEST_NAME - 2)),
        ("𝛑.txt", "𝛑.txt"),
    ],
)
def test_cleaned(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@given(st.text(max_size=400))
def test_every_name_is_cleaned_or_refused(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except BadInput:
        return
    assert len(cleaned) <= LONGEST_NAME
    assert not set(cleaned) & set("/\\\0\r\n\t\u202e")


@pytest.mark.parametrize(
    ("original", "kind", "name"),
    [
        ("robot.jpg", "jpeg", "robot.jpg"),
        ("robot.pdf", "png", "robot.png"),
        ("robot.exe", "text", "robot.txt"),
        ("notes.md", "text", "notes.md"),
        ("table.CSV", "text", "table.csv"),
        ("noname", "docx", "noname.docx"),
        ("", "mp3", "file.mp3"),
    ],
)
def test_download_is_called_what_it_is(original: str, kind: str, name: str) -> None:
    assert download_name(original, BY_NAME[kind], "file") == name


class TestSignature:
    SECRET = "s" * 32

    def good(
        self, until: int | str, given: str, file_id: str = "f", handle: str = "h", **later: float
    ) -> bool:
        return is_signed(self.SECRET, handle, file_id, str(until), given, NOON + timedelta(**later))

    def test_opens_one_file_in_one_session(self) -> None:
        until = expiry(NOON)
        given = signature(self.SECRET, "h", "f", until)
        assert self.good(until, given)
        assert not self.good(until, given, file_id="g")
        assert not self.good(until, given, handle="i")
        assert not self.good(until + 1, given)
        assert not self.good(until, given[:-1] + "x")
        assert not is_signed("t" * 32, "h", "f", str(until), given, NOON)

    def test_ends(self) -> None:
        until = expiry(NOON)
        given = signature(self.SECRET, "h", "f", until)
        assert self.good(until, given, seconds=STEP.total_seconds())
        assert not self.good(until, given, seconds=2 * STEP.total_seconds())

    @pytest.mark.parametrize("until", ["", "soon", "-1", "9" * 30, "1e9", "١٢٣"])
    def test_nonsense(self, until: str) -> None:
        assert not self.good(until, "x")
        assert not self.good(until, "ñ")

    def test_stays_the_same_for_a_while(self) -> None:
        assert expiry(NOON) == expiry(minutes(9.9))
        assert expiry(minutes(9.9)) < expiry(minutes(10))
