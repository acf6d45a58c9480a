from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.price_file import load_prices, read_prices
from fluxagents.workers.settings import Settings

TOML = """
currency = "USD"
[models."anthropic:claude-*"]
input = 3.0
output = 15.0
cached_input = 0.3
"""
YAML = """
currency: USD
models:
  anthropic:claude-*: {input: 3.0, output: 15.0, cached_input: 0.3}
"""
JSON = '{"currency":"USD","models":{"anthropic:claude-*":{"input":3.0,"output":15.0,"cached_input":0.3}}}'


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(("name", "text"), [("p.toml", TOML), ("p.yaml", YAML), ("p.json", JSON)])
def test_prices_are_read_from_toml_yaml_and_json(tmp_path: Path, name: str, text: str) -> None:
    prices = read_prices(written(tmp_path, name, text))
    price = prices.of("anthropic:claude-tiny")
    assert price is not None
    assert (prices.currency, price.input, price.output, price.cached_input) == ("USD", 3.0, 15.0, 0.3)
    assert prices.of("openai:tiny") is None


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("p.toml", 'models = {"a" = {input = -1, output = 1}}\ncurrency = "USD"', "models.a.input"),
        ("p.toml", 'currency = "USD"\n[models.a]\ninput = 1', "models.a.output"),
        ("p.toml", "[models]", "currency"),
        ("p.toml", "= 1", "p.toml"),
        ("p.json", "{", "p.json"),
        ("p.yaml", "a: [", "p.yaml"),
        ("p.txt", TOML, "ends with none of .toml"),
    ],
)
def test_what_is_no_table_of_prices_names_file_and_place(
    tmp_path: Path, name: str, text: str, why: str
) -> None:
    with pytest.raises(FluxError, match=r"FLUXAGENTS_CHAT_PRICES=") as caught:
        read_prices(written(tmp_path, name, text))
    assert why in caught.value.message
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT


def test_a_file_that_is_not_there_is_named_and_none_is_no_error(tmp_path: Path) -> None:
    assert load_prices(Settings()) is None
    with pytest.raises(FluxError, match=r"none\.toml"):
        load_prices(Settings(chat_prices=tmp_path / "none.toml"))
