"""The Jinja2 environment of all prompts: sandboxed, strict, escaping, without loader and globals."""

from __future__ import annotations

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fluxagents.prompts.sections import compact, join_lines, json_lines, quote, render_value


def build_sandbox() -> ImmutableSandboxedEnvironment:
    """A fresh environment.

    A template reads its variables and nothing else: attributes that lead out of the data, changes of the
    data, includes and undefined names are errors. What it fills in is escaped (see `sections`).
    """
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=render_value,
        autoescape=False,  # HTML escaping would mangle quotes; `render_value` escapes what matters here
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters |= {"lines": json_lines, "json": compact, "quoted": quote, "oneline": join_lines}
    return environment
