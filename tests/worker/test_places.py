from zoneinfo import ZoneInfo, available_timezones

import pytest

from worker.places import OTHER_PLACES, time_zone


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("tokyo?", "Asia/Tokyo"),
        ("New York", "America/New_York"),
        ("Hong Kong", "Asia/Hong_Kong"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Saint Lucia", "America/St_Lucia"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Seattle", "America/Los_Angeles"),
        ("Washington, D.C.", "America/New_York"),
        ("U.S.A.", "America/New_York"),
        ("the UK", "Europe/London"),
    ],
)
def test_cities_are_known_however_they_are_written(place: str, zone: str) -> None:
    assert time_zone(place) == ZoneInfo(zone)


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Japan", "Asia/Tokyo"),
        ("Sweden", "Europe/Stockholm"),
        ("the Netherlands", "Europe/Amsterdam"),
        ("South Korea", "Asia/Seoul"),
        ("South Africa", "Africa/Johannesburg"),
        ("Bosnia and Herzegovina", "Europe/Sarajevo"),
        ("Côte d'Ivoire", "Africa/Abidjan"),
    ],
)
def test_countries_are_known(place: str, zone: str) -> None:
    assert time_zone(place) == ZoneInfo(zone)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("Australia", "Australia/Sydney"),
        ("Brazil", "America/Sao_Paulo"),
        ("Canada", "America/Toronto"),
        ("Russia", "Europe/Moscow"),
        ("Ukraine", "Europe/Kyiv"),
    ],
)
def test_a_wide_country_has_its_capitals_time_not_its_first_islands(
    country: str, zone: str
) -> None:
    assert time_zone(country) == ZoneInfo(zone)


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Paris, France", "Europe/Paris"),
        ("London England", "Europe/London"),
        ("New York USA", "America/New_York"),
    ],
)
def test_a_city_may_come_with_its_country(place: str, zone: str) -> None:
    assert time_zone(place) == ZoneInfo(zone)


@pytest.mark.parametrize(
    "place",
    [
        "Atlantis",
        "Jersey City",
        "North Carolina",
        "West Virginia",
        "Eastern Europe",
        "South England",
        "west",
        "central",
        "",
    ],
)
def test_a_wrong_time_is_never_told_for_a_place_that_is_not_known(place: str) -> None:
    assert time_zone(place) is None


def test_every_zone_in_the_table_exists() -> None:
    assert set(OTHER_PLACES) <= available_timezones()
