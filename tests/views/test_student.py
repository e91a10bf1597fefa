"""The student's page: nothing typed is lost, sending, sending again, the teacher's answer."""

import re

import pytest

from tests.views.conftest import MAYA, RIVERA, School, Visitor, questions


@pytest.fixture
def maya(school: School) -> Visitor:
    return school.enter(MAYA, school.place())


def text_of(visitor: Visitor, path: str = "reflection") -> str:
    return visitor.get(path).get_data(as_text=True)


def test_saved_words_stand_on_the_page_again(maya: Visitor) -> None:
    saved = maya.save("q1", "I tested <each> turn.")
    assert saved.status_code == 200
    assert saved.get_json()["revision"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00", saved.get_json()["saved_at"])
    page = text_of(maya)
    assert "I tested &lt;each&gt; turn.</textarea>" in page
    assert 'name="revision_q1" value="1"' in page


def test_second_window_gets_the_other_text(maya: Visitor) -> None:
    maya.save("q1", "From the first window.")
    refused = maya.save("q1", "Something else.", 0)
    assert refused.status_code == 409
    assert refused.get_json() == {
        "code": "changed_elsewhere",
        "current": {"text": "From the first window.", "revision": 1},
    }


def test_sending_over_another_window_keeps_both_on_the_page(maya: Visitor) -> None:
    maya.save("q1", "From the first window.")
    answer = maya.post("reflection/submit", answer_q1="From the second.", revision_q1="0")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "From the second.</textarea>" in page
    assert 'data-other-revision="1"' in page
    assert ">From the first window.</p>" in page
    # Nothing was sent; sending the page as it stands now is the student's choice.
    assert "Look it over" in text_of(maya)
    assert maya.post("reflection/submit", answer_q1="From the second.", revision_q1="1").status_code == 303
    assert "From the second." in text_of(maya)


def test_nothing_written_is_said_beside_the_questions(maya: Visitor) -> None:
    answer = maya.post("reflection/submit", answer_q1="  ", revision_q1="0")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert 'id="problems"' in page
    assert 'href="#answer-q1"' in page
    assert 'id="answer-q1"' in page


def test_form_alone_sends_everything(maya: Visitor) -> None:
    """Without any script: what the fields hold is saved and sent."""
    answer = maya.post(
        "reflection/submit", answer_q1="One.\r\nTwo.", revision_q1="0", answer_q2="", revision_q2="0"
    )
    assert answer.status_code == 303
    page = text_of(maya)
    assert ">One.\nTwo.</p>" in page
    assert "No answer" in page
    assert "Change my answers" in page


def test_change_and_send_again(maya: Visitor) -> None:
    maya.post("reflection/submit", answer_q1="First.", revision_q1="0")
    page = text_of(maya, "reflection?edit=1")
    assert "First.</textarea>" in page
    assert "Your teacher still sees that version" in page
    maya.post("reflection/submit", answer_q1="Second.", revision_q1="1")
    assert ">Second.</p>" in text_of(maya)


def test_what_may_be_sent_once_stays_as_it_was(school: School) -> None:
    maya = school.enter(MAYA, school.place(allow_resubmit=""))
    maya.post("reflection/submit", answer_q1="First.", revision_q1="0")
    assert "Change my answers" not in text_of(maya)
    assert "<textarea" not in text_of(maya, "reflection?edit=1")
    assert maya.save("q1", "Second.", 1).status_code == 409
    assert maya.post("reflection/submit", answer_q1="Second.", revision_q1="1").status_code == 409
    assert ">First.</p>" in text_of(maya)


def test_teacher_is_named_where_there_is_one(school: School) -> None:
    template = school.place()
    page = text_of(school.enter(MAYA, template))
    # Whoever opened the picker teaches here.
    assert "Elena Rivera will read this after you send it." in page
    assert "Send to Elena Rivera" in page


def test_several_teachers_are_not_named(school: School) -> None:
    from tests.views.conftest import Human

    template = school.place()
    school.enter(Human("teacher-2", "Omar", "Haddad", ("Instructor",)), template)
    page = text_of(school.enter(MAYA, template))
    assert "Your teacher will read this after you send it." in page
    assert "Send to my teacher" in page


def test_questions_speak_their_own_language(school: School) -> None:
    """Spanish questions on a page whose buttons are English: each piece says which language it is in."""
    fields = (("question", "¿Qué salió bien?"), ("source", ""))
    template = school.place(*fields, form_locale="es", locale="en")
    page = text_of(school.enter(MAYA, template))
    assert '<html lang="en">' in page
    assert '<section class="question" lang="es">' in page


def test_teacher_s_preview_holds_nobody_s_words(school: School) -> None:
    template = school.place()
    school.enter(MAYA, template).save("q1", "Half a thought.")
    teacher = school.enter(RIVERA, template)
    page = text_of(teacher)
    assert "Half a thought." not in page
    assert "data-preview" in page
    assert teacher.save("q1", "Mine.").status_code == 403
    assert teacher.post("reflection/submit", answer_q1="Mine.", revision_q1="0").status_code == 403


def test_name_of_unsaved_words_tells_nobody_whose_they_are(school: School) -> None:
    template = school.place(*questions(1))
    names = set()
    for link in ("link-1", "link-2"):
        found = re.search(r'data-draft="(\w+)"', text_of(school.enter(MAYA, template, link=link)))
        assert found
        names.add(found.group(1))
    assert len(names) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in names)


def test_page_stays_small(maya: Visitor) -> None:
    assert len(maya.get("reflection").data) < 11_000
