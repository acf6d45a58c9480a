"""Rows of a result as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pydantic import BaseModel


def tabulate(rows: Sequence[BaseModel], schema: type[BaseModel]) -> pd.DataFrame:
    """One row each, with the fields of the schema as columns, also where there are no rows."""
    return pd.DataFrame([row.model_dump() for row in rows], columns=list(schema.model_fields))
