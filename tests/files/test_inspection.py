"""What a file is, and what is refused, one hostile file after the other."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_plp.files import inspection
from lti_plp.files.inspection import inspect
from lti_plp.files.kinds import BY_NAME, KINDS, REFUSALS, Refusal
from tests.files.samples import GOOD, HOSTILE, SCRIPT, encoded, mp4, ooxml


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, number) for kind, every in GOOD.items() for number in range(len(every))]
)
def test_kind_is_told_by_content(tmp_path: Path, kind: str, number: int) -> None:
    file = tmp_path / "wrong-name.exe"
    file.write_bytes(GOOD[kind][number])
    assert inspect(file).name == kind


def test_every_kind_has_a_sample() -> None:
    assert set(GOOD) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_file_is_refused(tmp_path: Path, what: str) -> None:
    code, content = HOSTILE[what]
    file = tmp_path / "homework.jpg"
    file.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        inspect(file)
    assert refused.value.code == code


def test_every_reason_has_a_sample() -> None:
    assert {code for code, _ in HOSTILE.values()} == set(REFUSALS) - {"image_too_large"}


def test_a_sign_between_two_pieces_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PIECE", 40)
    for shift in range(40):
        file = tmp_path / "image"
        file.write_bytes(encoded("JPEG") + b"." * shift + SCRIPT)
        with pytest.raises(Refusal):
            inspect(file)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(
        [one[:400] for every in GOOD.values() for one in every] + [ooxml(), mp4(b"vide"), b""]
    ),
    cut=st.integers(0, 400),
    more=st.binary(max_size=300),
)
def test_whatever_comes_is_a_kind_or_refused(tmp_path: Path, start: bytes, cut: int, more: bytes) -> None:
    file = tmp_path / "anything"
    file.write_bytes(start[:cut] + more)
    try:
        answer = inspect(file).name
    except Refusal as refusal:
        answer = refusal.code
    assert answer in BY_NAME or answer in REFUSALS
