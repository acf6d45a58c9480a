"""What is done to the blocks of a notebook; each has its place, counted from 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.notebook import Block, RunBlock, TextBlock
from fluxagents.flows.texts.checks import check_stored_id, check_text

Change = Callable[[tuple[Block, ...]], tuple[Block, ...]]


def read_text(text: str) -> TextBlock:
    """Words of somebody as a block.

    Raises:
        FluxError: If there are none, or too many.
    """
    if not check_text(text, "the text").strip():
        raise FluxError(ErrorClass.BAD_ARGUMENT, "the text is empty")
    return TextBlock(text=text)


def read_run(run_id: str) -> RunBlock:
    """A run as a block; `Notebooks.write` says whether the session has it.

    Raises:
        FluxError: If it can be no id.
    """
    return RunBlock(run=check_stored_id(run_id))


def insert_block(block: Block, at: int | None = None) -> Change:
    """Put a block at a place, before what stands there; None for the end."""

    def change(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        index = len(blocks) if at is None else _find_index(at, range(len(blocks) + 1))
        return (*blocks[:index], block, *blocks[index:])

    return change


def move_block(place: int, to: int) -> Change:
    """Take a block from its place to another one."""

    def change(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        index = _find_index(place, range(len(blocks)))
        others = (*blocks[:index], *blocks[index + 1 :])
        return insert_block(blocks[index], to)(others)

    return change


def remove_block(place: int) -> Change:
    """Take a block out."""

    def change(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        index = _find_index(place, range(len(blocks)))
        return (*blocks[:index], *blocks[index + 1 :])

    return change


def _find_index(place: int, indices: Sequence[int]) -> int:
    if place - 1 not in indices:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is no place {place} in the notebook",
            suggestions=(f"name one from 1 to {len(indices)}" if indices else "it has no blocks yet",),
        )
    return place - 1
