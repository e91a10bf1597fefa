"""When a plan is due, as a table."""

from datetime import UTC, date, datetime

import pytest

from lti_plp.plp.due_dates import Due, due_date

TODAY = date(2026, 9, 14)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begun", "updated", "school", "on", "state"),
    [
        # Twelve months after the last update.
        ("2024-09-01", "2026-03-01", None, "2027-03-01", "later"),
        ("2024-09-01", "2025-10-01", None, "2026-10-01", "soon"),
        ("2024-09-01", "2025-09-14", None, "2026-09-14", "soon"),
        ("2024-09-01", "2025-09-13", None, "2026-09-13", "overdue"),
        ("2024-09-01", "2025-11-13", None, "2026-11-13", "soon"),
        ("2024-09-01", "2025-11-14", None, "2026-11-14", "later"),
        # Never updated: after it was begun.
        ("2026-09-01", None, None, "2027-09-01", "later"),
        ("2025-09-01", None, None, "2026-09-01", "overdue"),
        # A leap day.
        ("2024-01-01", "2024-02-29", None, "2025-02-28", "overdue"),
        # The school's date, when it comes first.
        ("2026-09-01", None, "2026-11-30", "2026-11-30", "later"),
        ("2026-09-01", None, "2026-10-30", "2026-10-30", "soon"),
        ("2024-09-01", "2025-10-01", "2026-11-30", "2026-10-01", "soon"),
        # It was met this year already.
        ("2024-09-01", "2026-01-10", "2026-11-30", "2027-01-10", "later"),
        ("2024-09-01", "2025-11-30", "2026-11-30", "2026-11-30", "later"),
        # No plan.
        (None, None, None, None, "no_plan"),
        (None, None, "2026-11-30", "2026-11-30", "no_plan"),
    ],
)
def test_due(begun: str | None, updated: str | None, school: str | None, on: str | None, state: str) -> None:
    found = due_date(
        at(begun) if begun else None,
        at(updated) if updated else None,
        date.fromisoformat(school) if school else None,
        TODAY,
    )
    assert found == Due(date.fromisoformat(on) if on else None, state)
