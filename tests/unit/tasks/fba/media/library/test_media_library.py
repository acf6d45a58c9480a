"""The library's media state where they come from; a user's folder adds to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.places import DOCS

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.media import LibraryMedium

LIBRARY = MediaLibrary()


def uptakes(medium: LibraryMedium) -> dict[str, float]:
    return {part.bigg: part.uptake_mmol_per_gdw_h for part in medium.components}


def write(folder: Path, name: str, *rows: str, base: str = "") -> MediaLibrary:
    lines = ([f"# base: {base}"] if base else []) + ["bigg\tuptake_mmol_per_gdw_h", *rows]
    (folder / f"{name}.tsv").write_text("\n".join(lines))
    return MediaLibrary(folder)


@pytest.mark.parametrize("name", LIBRARY.names())
def test_every_medium_states_source_convention_and_both_ids(name: str) -> None:
    medium = LIBRARY.medium(name)
    assert "doi:" in medium.source
    assert medium.title
    assert medium.convention
    assert not medium.is_users
    for part in medium.components:
        assert part.bigg
        assert part.seed.startswith("cpd")
        assert part.uptake_mmol_per_gdw_h > 0


def test_public_media_of_kbase_are_there() -> None:
    glucose = uptakes(LIBRARY.medium("GMM"))
    assert (glucose["glc__D"], glucose["o2"]) == (5, 10)
    pyruvate = uptakes(LIBRARY.medium("PyruvateMinimalMedia"))
    assert pyruvate == {key: value for key, value in glucose.items() if key != "glc__D"} | {"pyr": 5}
    assert uptakes(LIBRARY.medium("AuxoMedia"))["his__L"] == 5


def test_anaerobic_media_have_no_oxygen() -> None:
    for name in LIBRARY.names():
        assert ("o2" in uptakes(LIBRARY.medium(name))) is ("anaerobic" not in name)


def test_a_users_medium_builds_on_another_one(tmp_path: Path) -> None:
    library = write(tmp_path, "mine", "o2\t0", "glc__D\t7", "btn\t0.1", base="M9_glucose")
    mine, base = uptakes(library.medium("mine")), uptakes(LIBRARY.medium("M9_glucose"))
    assert mine["glc__D"] == 7
    assert set(base) - set(mine) == {"o2"}
    assert mine["btn"] == 0.1
    assert library.medium("mine").is_users
    assert library.names()[-1] == "mine"
    assert "mine.tsv" in library.medium("mine").source


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    assert MediaLibrary(tmp_path / "none").names() == LIBRARY.names()


def test_an_unknown_medium_suggests_the_nearest() -> None:
    with pytest.raises(FluxError, match=r"no medium 'M9_glucos'.*M9_glucose"):
        LIBRARY.medium("M9_glucos")


def test_a_name_of_the_library_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="'LB' is a name of the library; rename"):
        write(tmp_path, "LB", "ac\t1").names()


def test_media_that_build_on_themselves_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "one", "ac\t1", base="two")
    with pytest.raises(FluxError, match="one -> two -> one"):
        write(tmp_path, "two", "ac\t1", base="one").medium("one")


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="'mine' builds on 'M8'"):
        write(tmp_path, "mine", "ac\t1", base="M8").medium("mine")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FluxError, match=r"mine\.tsv' cannot be read"):
        MediaLibrary(tmp_path).medium("mine")


def test_media_of_every_suffix_are_found_and_strangers_named(tmp_path: Path) -> None:
    (tmp_path / "gapseq.csv").write_text("compounds,name,maxFlux\ncpd00027,D-Glucose,5\n")
    (tmp_path / "mapped.YAML").write_text("glc__D: 5\n")
    for name in ("sheet.xlsx", ".DS_Store", "README"):
        (tmp_path / name).write_text("x")
    library = MediaLibrary(tmp_path)
    assert library.names()[-2:] == ("gapseq", "mapped")
    assert uptakes(library.medium("gapseq")) == uptakes(library.medium("mapped")) == {"glc__D": 5}
    assert [path.name for path in library.strangers()] == ["README", "sheet.xlsx"]
    assert LIBRARY.strangers() == MediaLibrary(tmp_path / "none").strangers() == ()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("bigg,maxflux\nac,1\n")
    with pytest.raises(FluxError, match=r"mine\.csv' and '.*mine\.tsv' both mean 'mine'"):
        write(tmp_path, "mine", "ac\t1").names()


GUIDE = (DOCS / "media.md").read_text("utf-8")


def test_the_file_of_the_guide_is_a_medium(tmp_path: Path) -> None:
    (text,) = (block for block in GUIDE.split("```") if "# title:" in block)
    (tmp_path / "mine.tsv").write_text(text.strip())
    mine = MediaLibrary(tmp_path).medium("mine")
    assert uptakes(mine)["xyl__D"] == 7.5
    assert uptakes(mine)["o2"] == 15
    assert mine.source == "our notebook, page 12"
    assert set(uptakes(LIBRARY.medium("M9"))) <= set(uptakes(mine))
