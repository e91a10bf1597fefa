"""Packs: complete data, and dates that fit every school year and every day on which somebody places one."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_plp.lms.calendar import Period, Year, usual_year
from lti_plp.plp.data_files import LOCALES
from lti_plp.plp.packs import DatedPack, Moment, Pack, dated, in_what_is_left, load_packs

CONFIG = Path(__file__).parent.parent.parent / "config"
PACKS = load_packs(CONFIG)
YEAR = usual_year(date(2026, 9, 1))


def placed(name: str, today: date, year: Year = YEAR) -> DatedPack:
    return dated(PACKS[name], year, today)


def test_what_comes_with_the_product() -> None:
    assert list(PACKS) == ["grades-7-8", "grades-9-12", "start-small", "quarterly", "conference"]
    sizes = {name: len(placed(name, YEAR.first_day).items) for name in PACKS}
    assert sizes == {"grades-7-8": 8, "grades-9-12": 8, "start-small": 2, "quarterly": 4, "conference": 4}


@pytest.mark.parametrize("name", list(PACKS))
def test_before_the_year_begins_every_day_is_its_own(name: str) -> None:
    found = placed(name, date(2026, 8, 20))
    days = [one.due_on for one in found.items]
    assert not found.has_moved
    assert days == sorted(set(days))
    assert all(YEAR.first_day < day <= YEAR.last_day and day.weekday() < 5 for day in days)


def test_places_in_the_year() -> None:
    year = Year(
        date(2026, 8, 31),
        date(2027, 6, 11),
        (Period("Fall", date(2027, 1, 22)), Period("Spring", date(2027, 6, 11))),
        date(2027, 5, 3),
        is_usual=False,
    )
    for moment, day in (
        (Moment("start", days=14), date(2026, 9, 14)),
        (Moment("period", 1, 4), date(2027, 1, 18)),
        (Moment("plans_due", days=5), date(2027, 4, 28)),
        # A Saturday becomes the Friday before.
        (Moment("plans_due", days=2), date(2027, 4, 30)),
        (Moment("end"), date(2027, 6, 11)),
        # This school has two periods; the third quarter ends where that of a usual year does.
        (Moment("period", 3), date(2027, 4, 1)),
        # Nothing lies outside the year.
        (Moment("end", days=1000), date(2026, 8, 31)),
    ):
        assert moment.in_year(year) == day, moment
    titles = [one.title("en") for one in dated(PACKS["quarterly"], year, year.first_day).items]
    assert titles == ["Quick check-in: Fall", "Quick check-in: Spring"]


def test_titles_of_periods_without_a_name() -> None:
    first = placed("quarterly", YEAR.first_day).items[0]
    assert first.title("en") == "Quick check-in: quarter 1"
    assert first.title("es-MX") == "Revisión rápida: trimestre 1"
    assert placed("grades-7-8", YEAR.first_day).items[0].title("en") == ""


def test_late_in_the_year_what_is_past_moves_as_it_was_spaced() -> None:
    today = date(2027, 2, 1)
    before = [one.due_on for one in placed("start-small", YEAR.first_day).items]
    found = placed("start-small", today)
    days = [one.due_on for one in found.items]
    assert found.has_moved
    assert days == [date(2027, 2, 15), date(2027, 3, 8)]
    assert days[1] - days[0] == before[1] - before[0]


def test_a_year_that_is_half_over_keeps_what_is_to_come() -> None:
    today = date(2026, 11, 25)
    whole, late = placed("grades-7-8", YEAR.first_day).items, placed("grades-7-8", today).items
    assert [one.item for one in late] == [one.item for one in whole]
    assert [one.due_on for one in late[4:]] == [one.due_on for one in whole[4:]]
    assert all(today < one.due_on < late[4].due_on for one in late[:4])


def test_of_quarters_that_are_over_nothing_is_asked() -> None:
    found = placed("quarterly", date(2027, 2, 1))
    assert [one.number for one in found.items] == [3, 4]
    assert found.has_moved
    assert [one.number for one in placed("quarterly", date(2027, 6, 14)).items] == [4]


@given(
    today=st.dates(date(2026, 8, 1), date(2027, 6, 15)),
    name=st.sampled_from(list(PACKS)),
    due=st.none() | st.dates(date(2026, 9, 1), date(2027, 6, 15)),
    ends=st.lists(st.dates(date(2026, 9, 1), date(2027, 6, 15)), max_size=6).map(sorted),
)
def test_whenever_it_is_placed(today: date, name: str, due: date | None, ends: list[date]) -> None:
    year = Year(YEAR.first_day, YEAR.last_day, tuple(Period("", one) for one in ends), due, is_usual=False)
    found = dated(PACKS[name], year, today)
    days = [one.due_on for one in found.items]
    assert days == sorted(days)
    assert all(today <= day <= year.last_day for day in days)
    if name != "quarterly":
        assert len(found.items) == len(PACKS[name].items)
        assert all(one in [each.item for each in found.items] for one in PACKS[name].items)


@given(
    days=st.lists(st.dates(date(2026, 9, 1), date(2027, 6, 1)), max_size=20, unique=True).map(sorted),
    today=st.dates(date(2026, 8, 1), date(2027, 6, 15)),
)
def test_what_is_left_is_never_past(days: list[date], today: date) -> None:
    last = date(2027, 6, 15)
    left = in_what_is_left(days, today, last)
    assert len(left) == len(days)
    assert left == sorted(left)
    assert all(today <= day <= last for day in left)
    if all(day > today for day in days):
        assert left == days
    elif (last - today) > timedelta(days=8 * (len(days) + 1)):
        assert min(left) > today


@dataclass
class Broken:
    """One way to break a file."""

    old: str
    new: str
    says: str


@pytest.mark.parametrize(
    "broken",
    [
        Broken('set = "check-in"', 'set = "nothing"', "names one set or one activity"),
        Broken('set = "check-in"', 'set = "check-in"\nactivity = "goal"', "names one set or one activity"),
        Broken('before = "every_period"', 'after = "every_period"', "at is"),
        Broken('before = "every_period"', 'before = "period"', "at is"),
        Broken('before = "every_period"', 'before = "christmas"', "at is"),
        Broken("days = 4", 'days = "four"', "at is"),
        Broken("at = {", "on = {", "has its place"),
        Broken('title.es = "Una', 'titulo = "Una', "title needs a text"),
        Broken("[[item]]", "[[thing]]", "holds something"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, broken: Broken) -> None:
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "packs" / "quarterly.toml"
    text = file.read_text()
    assert broken.old in text
    file.write_text(text.replace(broken.old, broken.new, 1))
    with pytest.raises(ValueError, match=broken.says):
        load_packs(tmp_path / "config")


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_every_text_is_in_both_languages(pack: Pack) -> None:
    texts = [pack.title, pack.about, *(one.title for one in pack.items if one.title)]
    assert all(set(one) == set(LOCALES) and one["en"] != one["es"] for one in texts)


def test_the_guide_names_every_pack() -> None:
    guide = (CONFIG.parent / "docs" / "getting-started-with-plps.md").read_text()
    for pack in PACKS.values():
        name = pack.title["en"].removeprefix("A whole year, ")
        assert name in guide, name
