"""The school year: as written down, or as usual."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from lti_plp.lms.calendar import Period, usual_year, year_at
from lti_plp.lms.models import SchoolYear
from tests.factories import make_school


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 9, 14), date(2026, 8, 26), date(2027, 6, 15)),
        (date(2027, 6, 15), date(2026, 8, 26), date(2027, 6, 15)),
        (date(2027, 6, 16), date(2027, 8, 26), date(2028, 6, 15)),
        (date(2027, 1, 1), date(2026, 8, 26), date(2027, 6, 15)),
    ],
)
def test_a_usual_year(day: date, first: date, last: date) -> None:
    year = usual_year(day)
    assert (year.first_day, year.last_day, year.is_usual) == (first, last, True)
    ends = [one.ends_on for one in year.periods]
    assert len(ends) == 4
    assert ends == sorted(ends)
    assert first < ends[0]
    assert ends[-1] == last


def test_what_is_written_down_counts(session: Session) -> None:
    school = make_school(session)
    session.add(
        SchoolYear(
            tenant_id=school.tenant_id,
            first_day=date(2026, 9, 2),
            last_day=date(2027, 6, 20),
            periods=[{"name": "Fall", "ends_on": "2027-01-20"}, {"name": "Spring", "ends_on": "2027-06-20"}],
            plans_due_on=date(2026, 11, 30),
        )
    )
    session.flush()
    year = year_at(session, school.tenant_id, date(2026, 10, 1))
    assert (year.first_day, year.plans_due_on, year.is_usual) == (date(2026, 9, 2), date(2026, 11, 30), False)
    assert year.periods[0] == Period("Fall", date(2027, 1, 20))
    # In the summer before it, it is the one that comes; a year earlier it is not.
    assert year_at(session, school.tenant_id, date(2026, 7, 1)) == year
    assert year_at(session, school.tenant_id, date(2025, 10, 1)).is_usual
    assert year_at(session, school.tenant_id + 1, date(2026, 10, 1)).is_usual
    assert year_at(session, school.tenant_id, date(2027, 6, 21)).is_usual
