"""Rows of a result as a table: of pandas, or kept column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pandas as pd
from pydantic import BaseModel

Table = TypeVar("Table", bound=BaseModel)


def tabulate(rows: Sequence[BaseModel], schema: type[BaseModel]) -> pd.DataFrame:
    """One row each, with the fields of the schema as columns, also where there are no rows."""
    return pd.DataFrame([row.model_dump() for row in rows], columns=list(schema.model_fields))


def fill_columns(schema: type[Table], rows: Sequence[tuple[object, ...]]) -> Table:
    """The rows, each in the order of the schema's fields, as a table whose fields are columns."""
    names = schema.model_fields
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return schema.model_validate(dict(zip(names, columns, strict=True)))
