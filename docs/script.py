"""Growth of one model in three media, as a script: with a batch, a table and a plot.

`python docs/script.py FOLDER` keeps models and results in FOLDER, and writes `growth.csv` and `envelope.png`.
With `Client()` instead of `LocalClient(…)` the workers that `fluxagents up` starts do the work.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fluxagents import LocalClient, RunSpec

SALTS = {"EX_nh4_e": 1000.0, "EX_pi_e": 1000.0, "EX_h2o_e": 1000.0, "EX_h_e": 1000.0, "EX_co2_e": 1000.0}
MEDIA = (
    {"EX_glc__D_e": 10.0, "EX_o2_e": 1000.0},
    {"EX_glc__D_e": 10.0},
    {"EX_ac_e": 10.0, "EX_o2_e": 1000.0},
)
"""The largest uptake through each exchange reaction, mmol/gDW/h."""


def write_growth(client: LocalClient, folder: Path) -> None:
    """One row per medium."""
    specs = [
        RunSpec(
            model="e_coli_core", inputs={"question": "What is the growth rate?", "medium": SALTS | medium}
        )
        for medium in MEDIA
    ]
    batch = client.batch("metabolic_analysis", specs, session="carbon")
    batch.wait(progress=True)
    batch.table()[["medium", "status", "growth_per_h"]].to_csv(folder / "growth.csv", index=False)


def draw_envelope(client: LocalClient, folder: Path) -> None:
    """How much succinate can be made at each growth rate."""
    question = "What is the production envelope of succinate without oxygen?"
    run = client.start("metabolic_analysis", model="e_coli_core", question=question)
    figure = run.artifact("run_production_envelope").plot()
    figure.axes[0].set_ylabel("succinate (mmol/gDW/h)")
    figure.savefig(folder / "envelope.png")


if __name__ == "__main__":
    output = Path(sys.argv[1])
    local = LocalClient(output)
    write_growth(local, output)
    draw_envelope(local, output)
