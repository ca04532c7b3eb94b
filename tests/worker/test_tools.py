from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from livekit.agents import ToolError
from worker.tools import convert, get_time, time_zone


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("tokyo?", "Asia/Tokyo"),
        ("New York", "America/New_York"),
        ("Seattle", "America/Los_Angeles"),
        ("Paris, France", "Europe/Paris"),
        ("London England", "Europe/London"),
        ("Japan", "Asia/Tokyo"),
    ],
)
def test_cities_and_countries_have_their_time_zone(place: str, zone: str) -> None:
    assert time_zone(place) == ZoneInfo(zone)


async def test_the_time_is_the_places_own() -> None:
    before = datetime.now(ZoneInfo("Asia/Tokyo"))
    told = await get_time("tokyo.")
    after = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert f"{before:%H:%M}" in told or f"{after:%H:%M}" in told
    assert told.endswith("in tokyo")


async def test_an_unknown_place_is_told_to_the_model() -> None:
    with pytest.raises(ToolError, match="larger city"):
        await get_time("Atlantis")


@pytest.mark.parametrize(
    ("value", "source", "target", "told"),
    [
        (10, "miles", "kilometers", "10 miles is 16.09 kilometers"),
        (10, "Miles", "Kilometres", "10 Miles is 16.09 Kilometres"),
        (20, "degrees Celsius", "Fahrenheit", "20 degrees Celsius is 68 Fahrenheit"),
        (70, "F", "C", "70 F is 21.11 C"),
        (2, "kg", "lbs", "2 kg is 4.41 lbs"),
        (100, "km/h", "mph", "100 km/h is 62.14 mph"),
        (1.5, "L", "ml", "1.5 L is 1500 ml"),
    ],
)
async def test_units_are_converted(value: float, source: str, target: str, told: str) -> None:
    assert await convert(value, source, target) == told


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("feet", "kilograms", "measure different things"),
        ("blorps", "meters", "do not know one of the units"),
        ("3", "4", "do not know one of the units"),
    ],
)
async def test_what_cannot_be_converted_is_told_to_the_model(
    source: str, target: str, sentence: str
) -> None:
    with pytest.raises(ToolError, match=sentence):
        await convert(1, source, target)
