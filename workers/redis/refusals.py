"""What Redis refuses though it answers: it has no memory left, or cannot write its append-only file."""

from __future__ import annotations

from fluxagents.flows.errors import ErrorClass, FluxError

OUT_OF_MEMORY = "command not allowed when used memory"
"""Part of every refusal of a Redis that has reached `maxmemory`, of a script's too; clients drop its code."""

CANNOT_WRITE = "MISCONF"
"""Part of every refusal of a Redis whose disk is full or broken; it reads on, and refuses even a PING."""


class FullDiskError(FluxError):
    """Redis cannot write, and will again when somebody has made room."""

    def __init__(self, message: str) -> None:
        way_out = "make room on its disk; runs go on by themselves then"
        super().__init__(ErrorClass.PROVIDER_OUTAGE, message, suggestions=[way_out])


def explain_refusal(error: BaseException, where: str = "") -> FluxError | None:
    """The refusal in clear, with what to do; None if this error is none.

    A script that is refused has written nothing.
    """
    name = f"Redis at {where}" if where else "Redis"
    if OUT_OF_MEMORY in str(error):
        return FluxError(
            ErrorClass.PROVIDER_OUTAGE,
            f"{name} has reached its `maxmemory` and stores nothing more",
            suggestions=[
                "raise it (`CONFIG SET maxmemory <bytes>`, and in its configuration); runs go on then",
                "move ended runs out of Redis with `fluxagents runs archive`",
            ],
        )
    if CANNOT_WRITE in str(error):
        reason = str(error).partition("AOF file: ")[2].partition(" script:")[0].strip(". ") or str(error)
        message = f"{name} cannot write its append-only file and stores nothing more: {reason}"
        return FullDiskError(message)
    return None
