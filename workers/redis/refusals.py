"""What Redis refuses though it answers: it has no memory, no replica, or no room for its append-only file."""

from __future__ import annotations

from fluxagents.flows.errors import ErrorClass, FluxError

OUT_OF_MEMORY = "command not allowed when used memory"
"""Part of every refusal of a Redis that has reached `maxmemory`, of a script's too; clients drop its code."""

CANNOT_WRITE = "MISCONF"
"""Part of every refusal of a Redis whose disk is full or broken; it reads on, and refuses even a PING."""


NO_REPLICAS = "NOREPLICAS"
"""Part of every refusal of a primary that has fewer replicas than its `min-replicas-to-write`."""


class WriteRefusedError(FluxError):
    """Redis does not write, and will again by itself when somebody has mended what keeps it from it."""

    def __init__(self, message: str, way_out: str) -> None:
        super().__init__(ErrorClass.PROVIDER_OUTAGE, message, suggestions=[way_out])


def is_write_refused(error: BaseException) -> bool:
    """Whether Redis reads on and writes nothing, and may write again."""
    return CANNOT_WRITE in str(error) or NO_REPLICAS in str(error)


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
        return WriteRefusedError(message, "make room on its disk; runs go on by themselves then")
    if NO_REPLICAS in str(error):
        return WriteRefusedError(
            f"{name} has fewer replicas than its `min-replicas-to-write` and stores nothing",
            "start its replicas; runs go on by themselves then",
        )
    return None
