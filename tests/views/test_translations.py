"""Every text of a page has a Spanish one, with the same blanks to fill in."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SPANISH = ROOT / "lti_plp/views/translations/es/LC_MESSAGES/messages.po"


def texts(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [""])


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    with SPANISH.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Collected from code and templates as `make messages` does."""
    found = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = ["-m", "babel.messages.frontend", "--quiet", "extract", "--mapping", "pyproject.toml"]
    keywords = ["--keyword", "lazy_gettext", "--keyword", "_l", "--output-file", str(found), "lti_plp"]
    subprocess.run([sys.executable, *command, *keywords], cwd=ROOT, check=True)
    return read_po(io.BytesIO(found.read_bytes()))


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def test_every_text_in_use_has_a_spanish_one(in_use: Catalog, spanish: Catalog) -> None:
    assert len(messages(in_use)) > 100
    missing = []
    for message in messages(in_use):
        known = spanish.get(texts(message.id)[0])
        if known is None or known.fuzzy or not all(texts(known.string)):
            missing.append(message.id)
    assert not missing


def test_no_spanish_text_is_left_over(in_use: Catalog, spanish: Catalog) -> None:
    used = {texts(message.id)[0] for message in messages(in_use)}
    assert not [message.id for message in messages(spanish) if texts(message.id)[0] not in used]


def test_blanks_are_the_same(spanish: Catalog) -> None:
    def blanks(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s", text))

    for message in messages(spanish):
        wanted = set().union(*(blanks(text) for text in texts(message.id)))
        for text in texts(message.string):
            assert blanks(text) == wanted, message.id


def test_compiled_catalog_is_the_present_one(spanish: Catalog) -> None:
    """Pages read the compiled catalog; `make` compiles it when a text has changed."""
    with SPANISH.with_suffix(".mo").open("rb") as file:
        compiled = {texts(m.id)[0]: texts(m.string) for m in messages(read_mo(file))}
    assert compiled == {texts(m.id)[0]: texts(m.string) for m in messages(spanish)}
