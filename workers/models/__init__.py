"""Models: read from files, stored by content, kept in memory."""

from fluxagents.tasks.fba.solving import (
    lazy_libraries as lazy_libraries,
)  # before cobra: says what optlang uses
