"""Example plans are data, and whole in both languages."""

from pathlib import Path

import pytest

from lti_plp.plp.data_files import LOCALES
from lti_plp.plp.examples import load_examples
from lti_plp.settings import Settings


def test_each_is_whole() -> None:
    found = load_examples(Settings().config_folder)
    assert len(found) == 3
    for one in found:
        assert len(one.steps) >= 3
        for texts in (one.name, one.about, one.goal, one.why, one.learned):
            assert set(texts) == set(LOCALES)


@pytest.mark.parametrize("data", ["", 'name.en = "Rue"', "month = 13"])
def test_what_is_not_whole_is_refused(tmp_path: Path, data: str) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "one.toml").write_text(data)
    with pytest.raises(ValueError, match="one"):
        load_examples(tmp_path)
