"""What comes with the tool can be taken as it is."""

from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.shipped import shipped_draft, shipped_frameworks, shipped_scales
from lti_plp.settings import Settings
from tests.factories import NOON, make_school

CONFIG = Settings(secret_key="x" * 40).config_folder


def test_three_scales() -> None:
    scales = shipped_scales(CONFIG)
    assert [[one.label for one in scale.levels] for scale in scales.values()] == [
        ["Beginning", "Developing", "Proficient", "Expanding"],
        ["Emerging", "Developing", "Proficient", "Extending"],
        ["Below Mastery", "Near Mastery", "Mastery", "Exceeds Mastery"],
    ]
    assert all(scale.levels[2].meets for scale in scales.values())


@pytest.mark.parametrize("key", shipped_frameworks(CONFIG))
def test_each_can_be_published(session: Session, key: str) -> None:
    school = make_school(session)
    draft = shipped_draft(CONFIG, key, "es-MX")
    made = publish(session, None, school.tenant_id, draft, 0, NOON)
    tree = read_tree(session, made)
    assert made.title == shipped_frameworks(CONFIG)[key].titles["es"]
    assert len(tree.rated) > 10
    assert all(one.student_text for one in tree.rated)
    # In another language it is the same framework.
    assert shipped_draft(CONFIG, key, "en").guid == made.guid


def test_what_is_not_shipped() -> None:
    with pytest.raises(NotFound):
        shipped_draft(CONFIG, "nothing", "en")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "frameworks/shipped.toml",
            "Vermont report card, four levels",
            "Nothing",
            "there is no scale Nothing",
        ),
        ("frameworks/shipped.toml", "graduation-example.csv", "nowhere.csv", "nowhere.csv"),
        (
            "frameworks/graduation-example.csv",
            "LIT.1,LIT",
            "LIT.1,NOPE",
            "row 4, parent: no_such_parent NOPE",
        ),
        ("scales/common.csv", "Near Mastery,2", "Near Mastery,x", "no_number"),
    ],
)
def test_a_mistake_in_it_is_named(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = tmp_path / "config"
    copytree(CONFIG, folder)
    (folder / file).write_text((folder / file).read_text().replace(old, new))
    with pytest.raises(ValueError, match=message):
        shipped_frameworks(folder)
