"""The demonstration tools: the time in a place, and the conversion of units. Their docstrings are what the model reads."""

from __future__ import annotations

import asyncio
from datetime import datetime

from livekit.agents import ToolError, function_tool
from livekit.agents.llm import Tool

from .places import time_zone
from .units import DifferentKinds, UnknownUnit, converted, spoken


@function_tool
async def get_time(place: str) -> str:
    """Get the current local time and date in a city or country.

    Args:
        place: The city or country, such as Tokyo or France.
    """
    zone = time_zone(place)
    if zone is None:
        raise ToolError("I do not know the time zone of that place; ask for a larger city nearby.")
    now = datetime.now(zone)
    return f"{now:%A} {now.day} {now:%B}, {now:%H:%M} in {place.strip().strip('.?!')}"


@function_tool
async def convert(value: float, from_unit: str, to_unit: str) -> str:
    """Convert a quantity from one unit to another: length, mass, temperature, volume or speed.

    Args:
        value: The number to convert.
        from_unit: The unit it is in, such as miles, pounds or celsius.
        to_unit: The unit to convert it to, such as kilometers, kilograms or fahrenheit.
    """
    try:
        # In a thread: the first use of a unit costs a tenth of a second, in which no audio would flow.
        result = await asyncio.to_thread(converted, value, from_unit, to_unit)
    except UnknownUnit as unknown:
        raise ToolError(f"I do not know the unit {unknown}.") from None
    except DifferentKinds:
        raise ToolError(
            f"{from_unit} cannot be converted to {to_unit}: they measure different things."
        ) from None
    return f"{spoken(value)} {from_unit} is {spoken(result)} {to_unit}"


TOOLS: dict[str, Tool] = {"get_time": get_time, "convert": convert}
"""All that a call can be given, by name."""
