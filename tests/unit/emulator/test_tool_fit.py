"""The scripted persona calls the worker's own tools with what was said: whole sentences, numbers as people speak them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livekit_plugins_voicelive.tools import wire_tools
from voicelive_emulator.brains.arithmetic import expression_in
from voicelive_emulator.brains.spoken_numbers import numbers_in
from voicelive_emulator.brains.tool_fit import fitting_call
from worker.tools import convert, get_time

TOOLS = tuple(wire_tools([get_time, convert]))


def called(request: str) -> tuple[str, dict[str, Any]] | None:
    call = fitting_call(TOOLS, request, forced=False)
    return (call.name, json.loads(call.arguments)) if call else None


@pytest.mark.parametrize(
    ("request_", "value", "from_unit", "to_unit"),
    [
        ("How many meters are ten miles?", 10, "miles", "meters"),
        ("how many meters is 10 miles", 10, "miles", "meters"),
        ("How many meters are in ten miles?", 10, "miles", "meters"),
        ("Could you tell me how many meters ten miles are?", 10, "miles", "meters"),
        ("How many meters do ten miles have?", 10, "miles", "meters"),
        ("What is ten miles in meters?", 10, "miles", "meters"),
        ("How far is ten miles in meters, please?", 10, "miles", "meters"),
        ("Ten miles to meters.", 10, "miles", "meters"),
        ("How many feet tall is two meters?", 2, "meters", "feet"),
        ("How many inches are there in half a mile?", 0.5, "mile", "inches"),
        ("How many pounds are two and a half kilos?", 2.5, "kilos", "pounds"),
        ("How many pounds is two point five kilograms?", 2.5, "kilograms", "pounds"),
        ("Convert one hundred and twenty pounds to kilograms.", 120, "pounds", "kilograms"),
        ("Convert minus ten degrees Celsius to Fahrenheit.", -10, "celsius", "fahrenheit"),
        ("How many ounces in a pound?", 1, "pound", "ounces"),
    ],
)
def test_a_conversion_is_called_with_number_and_units(
    request_: str, value: float, from_unit: str, to_unit: str
) -> None:
    arguments = {"value": value, "from_unit": from_unit, "to_unit": to_unit}
    assert called(request_) == ("convert", arguments)


@pytest.mark.parametrize(
    "request_",
    ["How many people live in Tokyo?", "Tell me how many kilometers a marathon has.", "Hello!"],
)
def test_what_has_no_number_and_two_units_is_no_conversion(request_: str) -> None:
    assert called(request_) is None


def test_a_place_is_asked_for_its_time() -> None:
    assert called("What time is it in Paris right now?") == ("get_time", {"place": "Paris"})


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("three point one four", [3.14]),
        ("zero point five", [0.5]),
        ("one and a half", [1.5]),
        ("half an hour", [0.5]),
        ("minus twenty-five", [-25]),
        ("negative 3.5 and seven", [-3.5, 7]),
        ("two hundred and six thousand and one", [206_001]),
        ("1,234.5", [1234.5]),
        ("that is the point", []),
    ],
)
def test_numbers_are_found_as_people_say_them(text: str, numbers: list[float]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("ten minus four", "10 - 4"),
        ("What is minus two times three?", "-2 * 3"),
        ("one and a half plus two point two five", "1.5 + 2.25"),
    ],
)
def test_minus_between_two_numbers_stays_a_sum(text: str, expression: str) -> None:
    assert expression_in(text) == expression
