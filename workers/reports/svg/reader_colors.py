"""An SVG whose colours follow its reader: others stand on a dark page than on white paper."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COLOR = re.compile(rb"#[0-9a-f]{6}\b")
_ROOT = re.compile(rb"<svg\b[^>]*>")


def follow_reader(svg: bytes, dark: Mapping[str, str]) -> bytes:
    """The drawing with a style sheet that says its colours, the dark ones where the reader prefers them.

    Args:
        svg: A drawing with its colours in `style` attributes, as `#rrggbb` in lower case.
        dark: Color -> color on a dark page; what is not in it stays as it is.
    """
    used = sorted({color for color in map(bytes.decode, _COLOR.findall(svg)) if color in dark})
    light_rule, dark_rule = (
        "svg{" + "".join(f"--{color[1:]}:{said};" for color, said in colors) + "}"
        for colors in (zip(used, used, strict=True), ((color, dark[color]) for color in used))
    )
    style = f"<style>{light_rule}@media (prefers-color-scheme:dark){{{dark_rule}}}</style>"

    def name_color(match: re.Match[bytes]) -> bytes:
        color = match[0]
        return b"var(--" + color[1:] + b")" if color.decode() in dark else color

    named = _COLOR.sub(name_color, svg)
    return _ROOT.sub(lambda root: root[0] + style.encode(), named, count=1)
