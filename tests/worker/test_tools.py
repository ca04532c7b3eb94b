from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from livekit.agents import ToolError
from worker.tools import convert, get_time


async def test_the_time_is_the_places_own() -> None:
    before = datetime.now(ZoneInfo("Asia/Tokyo"))
    told = await get_time("tokyo.")
    after = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert f"{before:%H:%M}" in told or f"{after:%H:%M}" in told
    assert told.endswith("in tokyo")


async def test_an_unknown_place_is_told_to_the_model() -> None:
    with pytest.raises(ToolError, match="larger city"):
        await get_time("Atlantis")


async def test_the_answer_speaks_of_the_units_as_they_were_asked_for() -> None:
    assert await convert(20, "degrees Celsius", "Fahrenheit") == (
        "20 degrees Celsius is 68 Fahrenheit"
    )


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("feet", "kilograms", "feet cannot be converted to kilograms"),
        ("blorps", "meters", "do not know the unit blorps"),
        ("meters", "blorps", "do not know the unit blorps"),
    ],
)
async def test_what_cannot_be_converted_is_told_to_the_model(
    source: str, target: str, sentence: str
) -> None:
    with pytest.raises(ToolError, match=sentence):
        await convert(1, source, target)
