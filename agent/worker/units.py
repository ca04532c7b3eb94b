"""Conversion between units of measure as people say and write them; pint knows the units.

It must not raise anything but what it says: a tool's other exceptions would be logged with what the caller said.
"""

from __future__ import annotations

import math
import re
from functools import cache

import pint

ALIASES = (
    "@alias degree_Celsius = centigrade = celcius",
    "@alias fluid_ounce = fl_oz",
    "@alias gram = gramme",
    "@alias kilometer = kms",
    "@alias kilogram = kilo = kilos",
    "@alias kilometer_per_hour = kmh",
)
"""What people say and pint does not know. Without the plural, kilos would be thousands of seconds."""

SPELLED_OUT = {
    "c": "celsius",
    "degc": "celsius",
    "degf": "fahrenheit",
    "f": "fahrenheit",
    "k": "kelvin",
}
"""To a person these are temperatures; to physics, speed of light, farad and Boltzmann's constant."""

_SPOKEN = re.compile(r"[a-zµ²³ /]+")
"""Words and simple fractions. Pint computes powers too, and "m**9**9**9" would never end."""


class UnknownUnit(ValueError):
    """There is no such unit; the text is its name."""


class DifferentKinds(ValueError):
    """The units measure different things, such as a length and a mass."""


def converted(value: float, from_unit: str, to_unit: str) -> float:
    """``value`` in another unit.

    Raises:
        UnknownUnit: one of the units is unknown.
        DifferentKinds: the units do not measure the same.
    """
    source, target = _unit(from_unit), _unit(to_unit)
    try:
        return float(_registry().Quantity(value, source).to(target).magnitude)
    except (pint.PintError, ArithmeticError, AssertionError):
        raise DifferentKinds(f"{from_unit}, {to_unit}") from None


def spoken(value: float) -> str:
    """The number as one would say it: no exponent, two decimals, and below one three significant digits."""
    if value == 0 or not math.isfinite(value) or abs(value) >= 1:
        decimals = 2
    else:
        decimals = 2 - math.floor(math.log10(abs(value)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unit(text: str) -> pint.Unit:
    # Only abbreviations have capitals, and people mean milliliters by ML.
    name = re.sub(r"[°.?!]", "", text).strip().lower()
    for article in ("degrees ", "degree ", "us "):
        name = name.removeprefix(article).strip()
    name = SPELLED_OUT.get(name, name)
    if _SPOKEN.fullmatch(name):
        # "nautical miles" is one unit of pint's; "miles per hour" is an expression.
        for spelling in (name.replace(" ", "_"), name):
            try:
                return _registry().parse_units(spelling)
            except (pint.PintError, AssertionError, ValueError):
                continue
    raise UnknownUnit(text)


@cache
def _registry() -> pint.UnitRegistry:
    registry: pint.UnitRegistry = pint.UnitRegistry()
    for alias in ALIASES:
        registry.define(alias)
    return registry
