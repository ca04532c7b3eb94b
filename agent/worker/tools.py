"""The demonstration tools: the time in a place, and the conversion of units. Their docstrings are what the model reads."""

from __future__ import annotations

import asyncio
import zoneinfo
from datetime import datetime
from functools import cache

import pint

from livekit.agents import ToolError, function_tool

OTHER_PLACES = {
    "america": "America/New_York",
    "australia": "Australia/Sydney",
    "austria": "Europe/Vienna",
    "barcelona": "Europe/Madrid",
    "beijing": "Asia/Shanghai",
    "boston": "America/New_York",
    "brazil": "America/Sao_Paulo",
    "california": "America/Los_Angeles",
    "canada": "America/Toronto",
    "china": "Asia/Shanghai",
    "england": "Europe/London",
    "france": "Europe/Paris",
    "frankfurt": "Europe/Berlin",
    "geneva": "Europe/Zurich",
    "germany": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "india": "Asia/Kolkata",
    "ireland": "Europe/Dublin",
    "italy": "Europe/Rome",
    "japan": "Asia/Tokyo",
    "london": "Europe/London",
    "los angeles": "America/Los_Angeles",
    "mexico": "America/Mexico_City",
    "miami": "America/New_York",
    "milan": "Europe/Rome",
    "montreal": "America/Toronto",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "netherlands": "Europe/Amsterdam",
    "new delhi": "Asia/Kolkata",
    "new york city": "America/New_York",
    "new zealand": "Pacific/Auckland",
    "osaka": "Asia/Tokyo",
    "redmond": "America/Los_Angeles",
    "rio de janeiro": "America/Sao_Paulo",
    "san francisco": "America/Los_Angeles",
    "scotland": "Europe/London",
    "seattle": "America/Los_Angeles",
    "spain": "Europe/Madrid",
    "switzerland": "Europe/Zurich",
    "texas": "America/Chicago",
    "the uk": "Europe/London",
    "uk": "Europe/London",
    "united kingdom": "Europe/London",
    "usa": "America/New_York",
    "washington": "America/New_York",
}
"""Places that the time zone database does not name."""


@cache
def _zones() -> dict[str, str]:
    """Time zone by the name of its city, in lower case."""
    names = sorted(zoneinfo.available_timezones())
    return {name.rsplit("/", 1)[-1].replace("_", " ").lower(): name for name in names}


@cache
def _units() -> pint.UnitRegistry:
    return pint.UnitRegistry()


def time_zone(place: str) -> zoneinfo.ZoneInfo | None:
    """The time zone of a city or country, however it is capitalised; None for an unknown place."""
    words = place.strip().strip(".?!").lower()
    # "Paris, France" and "Tokyo Japan": the most specific name that is known counts.
    for candidate in (words, words.split(",")[0].strip(), words.split(" ")[0]):
        name = OTHER_PLACES.get(candidate) or _zones().get(candidate)
        if name is not None:
            return zoneinfo.ZoneInfo(name)
    return None


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
        result = await asyncio.to_thread(_converted, value, _spelled(from_unit), _spelled(to_unit))
    except pint.DimensionalityError:
        raise ToolError(
            f"{from_unit} cannot be converted to {to_unit}: they measure different things."
        ) from None
    except (pint.PintError, ValueError, AssertionError):
        raise ToolError(f"I do not know one of the units {from_unit} and {to_unit}.") from None
    return f"{value:g} {from_unit} is {round(result, 2):g} {to_unit}"


def _converted(value: float, source: str, target: str) -> float:
    units = _units()
    quantity = units.Quantity(value, units.parse_units(source))
    return float(quantity.to(units.parse_units(target)).magnitude)


SPELLED_OUT = {"f": "fahrenheit", "c": "celsius"}
"""To a person these are temperatures; to physics, farad and coulomb."""


def _spelled(unit: str) -> str:
    """As pint reads it: "degrees Celsius" is one unit, and only abbreviations have capitals."""
    words = unit.strip().strip(".?!°")
    name = words.lower().removeprefix("degrees ").removeprefix("degree ")
    if name in SPELLED_OUT:
        return SPELLED_OUT[name]
    return name if len(name) > 3 else words
