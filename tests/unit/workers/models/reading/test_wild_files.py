"""Files as they are in the wild load with the right optimum, or are refused in words that help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.depth import DEPTH
from tests.support.wild.counting import PROPERTY
from tests.support.wild.fault import FAULTS, FORMATS
from tests.support.wild.wild_files import CASES, WildFile, check_reading, wild_files


@pytest.mark.hypothesis  # the property is inside, so `make test-long` would not find it by itself
@pytest.mark.parametrize(("kind", "form"), CASES, ids=[f"{kind}-{form}" for kind, form in CASES])
def test_a_file_loads_with_the_right_growth_or_is_refused_by_name(
    kind: str, form: str, record_property: Callable[[str, object], None]
) -> None:
    @given(wild_files(kind, form))
    @settings(
        max_examples=2 * DEPTH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a drawn network is small already
    )
    def check(file: WildFile) -> None:
        record_property(PROPERTY, f"{kind} {form} {check_reading(file)}")

    check()


def test_every_format_has_faults_of_many_kinds() -> None:
    """The generator cannot silently make nothing."""
    assert len(FAULTS) >= 50
    assert len(CASES) == len(set(CASES)) >= 300
    for form in FORMATS:
        assert len([kind for kind, other in CASES if other == form]) >= 25, form
