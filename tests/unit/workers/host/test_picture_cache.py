"""Pictures that an API's process keeps: drawn once, bounded, errors not kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.host.api.picture_cache import PictureCache


def test_a_picture_is_drawn_once_whoever_asks() -> None:
    cache, drawn = PictureCache(), list[str]()

    def draw() -> bytes:
        drawn.append("map")
        return b"<svg/>"

    with ThreadPoolExecutor(8) as readers:
        found = list(readers.map(lambda _: cache.find_or_draw(("a", "page"), draw), range(32)))
    assert found == [b"<svg/>"] * 32
    assert drawn == ["map"]


def test_what_nobody_asked_for_the_longest_gives_way() -> None:
    cache, drawn = PictureCache(max_bytes=25), list[str]()

    def draw(name: str) -> bytes:
        drawn.append(name)
        return bytes(10)

    for name in ("a", "b", "a", "c", "a", "b"):
        cache.find_or_draw(name, partial(draw, name))
    assert drawn == ["a", "b", "c", "b"]


def test_a_result_without_a_plot_is_not_kept_as_one() -> None:
    cache = PictureCache()

    def fail() -> bytes:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "there is nothing to plot")

    for _ in range(2):
        with pytest.raises(FluxError, match="nothing to plot"):
            cache.find_or_draw("a", fail)
    assert cache.find_or_draw("a", lambda: b"png") == b"png"
