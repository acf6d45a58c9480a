"""The port to published media by name."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

Uptake = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
"""The most uptake of a compound, mmol/gDW/h; positive."""


class Component(BaseModel):
    """A compound of a medium, by as many ids as are known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    exchange: str = ""
    bigg: str = ""
    seed: str = ""
    kegg: str = ""
    inchikey: str = ""
    uptake_mmol_per_gdw_h: Uptake = Field(description="The most uptake, mmol/gDW/h.")

    @property
    def key(self) -> str:
        """What tells compounds apart."""
        return self.exchange or self.bigg or self.seed or self.kegg or self.inchikey or self.name


class LibraryMedium(BaseModel):
    """A medium with everything that its file and the media that it builds on say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    source: str
    convention: str
    """What is assumed of uptakes that no publication states."""
    is_users: bool
    """Whether it comes from the user's folder."""
    components: tuple[Component, ...]
    warnings: tuple[str, ...] = ()
    """What was assumed, or stands in its file and is not read."""


class MediaCatalog(Protocol):
    """Media by name."""

    def names(self) -> tuple[str, ...]:
        """The names of all media; raises `MEDIUM` for a name that cannot be used."""
        ...

    def medium(self, name: str) -> LibraryMedium:
        """The medium of this name; raises `UNKNOWN_ID` with the nearest names, or `MEDIUM`."""
        ...
