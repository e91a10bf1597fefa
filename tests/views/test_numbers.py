"""Numbers that no row has, in addresses and in forms."""

import re
from decimal import Decimal

import pytest

from lti_plp.views.links import decimal_in
from tests.views.conftest import MAYA, RIVERA, School

HUGE = ["9" * 19, "9" * 40, "9" * 5000, "٩" * 30]


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("path", ["links/{}/review", "review/{}", "links/{}/reflection"])
def test_a_number_too_long_for_any_row_leads_nowhere(school: School, path: str, number: str) -> None:
    teacher = school.enter(RIVERA, school.place())
    assert teacher.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("number", HUGE)
def test_a_number_too_long_in_a_form_is_none_of_ours(school: School, number: str) -> None:
    template = school.place()
    student = school.enter(MAYA, template)
    assert student.post("reflection/submit", answer_q1="First", revision_q1=number).status_code == 303
    teacher = school.enter(RIVERA, template)
    person = re.search(r"/review/(\d+)", teacher.get("review").get_data(as_text=True))
    assert person
    assert teacher.post(f"review/{person[1]}", submission_id=number, points="5").status_code == 409
    assert school.pick().post("picker/remove", remove=number, basket="[]").status_code == 200


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", "7"), (" 7.5 ", "7.5"), ("7,5", "7.5"), ("0,25", "0.25"), ("1000", "1000"), ("-1", "-1")],
)
def test_numbers_with_point_or_comma(text: str, number: str) -> None:
    assert decimal_in(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1,000", "1,000.5", "1.000,5", "1,", ",", "", "seven", "1,2,3", "1,٣"])
def test_what_could_mean_two_things_is_no_number(text: str) -> None:
    assert decimal_in(text) is None
