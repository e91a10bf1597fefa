"""Settings: read in one order, checked, and every one of them documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from lti_plp.settings import PREFIX, Settings, load_settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "settings.md"
GOOD = {"LTI_PLP_SECRET_KEY": "s" * 32}


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_every_setting_is_documented_with_its_meaning(name: str) -> None:
    line = next(
        (text for text in DOCUMENT.read_text().splitlines() if f"`{PREFIX}{name.upper()}`" in text), ""
    )
    item = next(item for item in fields(Settings) if item.name == name)
    assert item.metadata["meaning"] in line
    assert f"`{item.default}`" in line or (item.default == "" and "empty" in line)


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "lti_plp.toml"
    file.write_text('LTI_PLP_PUBLIC_URL = "https://file.example"\nLTI_PLP_LOGIN_MINUTES = 3\n')
    environ = {**GOOD, "LTI_PLP_CONFIG": str(file), "LTI_PLP_PUBLIC_URL": "https://environ.example"}
    settings = load_settings(environ)
    assert settings.public_url == "https://environ.example"
    assert settings.login_minutes == 3
    assert settings.session_max_hours == 12


def test_unknown_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "lti_plp.toml"
    file.write_text('LTI_PLP_PUBLIC_ULR = "https://file.example"\n')
    with pytest.raises(ValueError, match="LTI_PLP_PUBLIC_ULR"):
        load_settings({"LTI_PLP_CONFIG": str(file)})


@pytest.mark.parametrize(
    ("name", "value"),
    [("LTI_PLP_LOGIN_MINUTES", "soon"), ("LTI_PLP_ALLOW_PRIVATE_NETWORKS", "perhaps")],
)
def test_wrong_type_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        load_settings({**GOOD, name: value})


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, "SECRET_KEY"),
        ({"LTI_PLP_SECRET_KEY": "short"}, "SECRET_KEY"),
        ({**GOOD, "LTI_PLP_PUBLIC_URL": "http://tool.example"}, "PUBLIC_URL"),
        ({**GOOD, "LTI_PLP_PUBLIC_URL": "https://tool.example/path"}, "PUBLIC_URL"),
        ({**GOOD, "LTI_PLP_PUBLIC_URL": "tool.example"}, "PUBLIC_URL"),
    ],
)
def test_settings_that_make_no_sense_are_refused(environ: dict[str, str], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        load_settings(environ).checked()


def test_origin_of_the_public_address() -> None:
    assert Settings(public_url="https://plp.example/").public_origin == "https://plp.example"
