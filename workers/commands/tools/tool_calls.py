"""`fluxagents tools call` and `preview`: what a tool computes, without a run."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from fluxagents.flows.commands import CallTool
from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.tasks.acts.compute_effect import EffectPorts, preview_call
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.model_warnings import list_concerning
from fluxagents.tasks.registry import TOOLS, tool_named
from fluxagents.workers.commands.conditions import medium_options, print_notes, read_request
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, fold, print_frame, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.warning_lines import print_warning
from fluxagents.workers.composition import build_sources
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples("fluxagents tools preview knock_out --model e_coli_core --arg genes='[\"b4025\"]'")
)
@click.argument("name")
@click.option("--model", required=True, help="A model's name, file or content digest.")
@click.option("--arg", "pairs", multiple=True, metavar="NAME=VALUE", help="An argument; JSON or text.")
@json_option
def preview(name: str, model: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Show what a tool that changes a model would do, as whoever approves it sees it; changes nothing."""
    tool = tool_named(name)
    if tool.change is None:
        raise click.UsageError(f"tool '{name}' changes no model: `fluxagents tools call {name}` runs it")
    settings = Settings.load()
    sources = build_sources(settings)
    ports = EffectPorts(
        clock=SystemClock(),
        tools=TOOLS,
        models=sources.models,
        artifacts=sources.artifacts,
        sources=sources,
        prices=load_prices(settings),
    )
    with notice_when_slow(f"reading {hide_secrets(model)} …"):
        ref = sources.models.resolve(model)
    with notice_when_slow(f"the effect of {name} is computed …"):
        effect = preview_call(ports, ref, CallTool(tool=name, args=parse_pairs(pairs)))
    if as_json:
        print_json(effect.model_dump(mode="json"))
        return
    for line in effect.lines:
        echo(fold(line))
    echo(f"all of it: fluxagents artifacts show {effect.artifact}")


@click.command(
    epilog=examples(
        "fluxagents tools call analyze_essentiality --model e_coli_core",
        "fluxagents tools call run_metabolic_fba --model iJO1366 --medium M9_acetate --change oxygen=5",
        "fluxagents tools call run_metabolic_fba --model iJO1366 --arg medium_changes='{\"EX_o2_e\": 0}'",
    )
)
@click.argument("name")
@click.option("--model", help="A model's name, file or content digest; most tools need one.")
@click.option(
    "--args-file",
    type=click.File(encoding="utf-8"),
    help="A JSON file of arguments; --arg goes before what it has.",
)
@click.option("--arg", "pairs", multiple=True, metavar="NAME=VALUE", help="An argument; JSON or text.")
@medium_options
@json_option
def call(
    name: str,
    model: str | None,
    args_file: TextIO | None,
    pairs: tuple[str, ...],
    medium: str | None,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Call a tool in this process, with no queue and no run; the model stays as it is."""
    tool = tool_named(name)
    stated = {**_read_arguments(args_file), **parse_pairs(pairs)}
    settings = Settings.load()
    sources = build_sources(settings)
    request = read_request(MediaLibrary(settings.media_folder), medium, changes)
    if not request.is_own:
        if "medium" not in tool.args.model_fields or model is None:
            raise click.UsageError(f"tool '{name}' takes no --medium and no --change")
        (found,) = resolve_media(sources.models, [model], [request], biomass=stated.get("biomass")).values()
        print_notes(found.notes)
        stated["medium"] = found.media[0]
    args = tool.parse(stated)
    if tool.needs_model and model is None:
        raise click.UsageError(f"tool '{name}' works on a model: give --model, such as --model e_coli_core")
    models, ref, loaded = sources.models, None, None
    if tool.needs_model and model is not None:
        with notice_when_slow(f"reading {hide_secrets(model)} …"):
            ref = models.resolve(model)
        with notice_when_slow(f"loading {ref.name} …"):
            loaded = models.load(ref)
    with notice_when_slow(f"{name} runs …"):
        result = tool.carry_out(loaded, args, sources)
    warnings = list_concerning(models, ref, tool, args)
    if as_json:
        print_json(
            {
                "tool": name,
                "model": model,
                "args": args.model_dump(mode="json"),
                "model_warnings": warnings,
                "result": result.summary(),
            }
        )
        return
    for warning in warnings:
        print_warning(warning)
    for key, value in result.key_findings().items():
        echo(fold(f"{key}: {value if isinstance(value, str | int | float) else json.dumps(value)}"))
    for title, frame in result.tables().items():
        echo(f"\n{title} ({len(frame)} rows)")
        print_frame(frame)


def _read_arguments(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        arguments = json.load(file)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"'{file.name}' is no JSON: {error}", param_hint="--args-file") from error
    if not isinstance(arguments, dict):
        raise click.BadParameter(f"'{file.name}' holds no JSON object", param_hint="--args-file")
    return arguments
