"""Text is never wider than it was taken for."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from fluxagents.workers.reports.svg.letters import cut, width, wrap

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
SIZE = 1_000
REGULAR = ImageFont.truetype(FONTS / "DejaVuSans.ttf", SIZE)
BOLD = ImageFont.truetype(FONTS / "DejaVuSans-Bold.ttf", SIZE)

LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
EUROPEAN = st.text("abcxyzäöüßéèñçøåłšžβδωЖщюя°µ±·…→", max_size=40)


@given(st.one_of(LATIN, EUROPEAN))
def test_no_text_is_wider_than_in_one_of_the_widest_fonts(text: str) -> None:
    assert REGULAR.getlength(text, features=["-kern"]) <= width(text, SIZE) + 1
    assert BOLD.getlength(text, features=["-kern"]) <= width(text, SIZE, bold=True) + 1


def test_the_measure_is_not_much_too_wide() -> None:
    for text in ("run_flux_variability_analysis", "status == 'optimal'", "Go on without growth?"):
        assert width(text, SIZE) < 1.2 * REGULAR.getlength(text)


@given(st.text(max_size=80), st.integers(40, 300))
def test_what_is_cut_fits_and_is_the_beginning(text: str, most: int) -> None:
    shown = cut(text, 12, most)
    assert width(shown, 12) <= most
    assert shown == text or text.startswith(shown.removesuffix("…"))


@given(st.text(max_size=200), st.integers(40, 300), st.integers(1, 4))
def test_wrapped_lines_fit_and_keep_all_words_if_there_is_room(text: str, most: int, lines: int) -> None:
    shown = wrap(text, 12, most, lines)
    assert len(shown) <= lines
    assert all(width(line, 12) <= most for line in shown)
    if not any(line.endswith("…") for line in shown):
        assert " ".join(shown) == " ".join(text.split())


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_text_without_words_has_no_lines(text: str) -> None:
    assert wrap(text, 12, 100, 3) == ()
