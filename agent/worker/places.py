"""Which time zone a place named in conversation is in: cities and countries from the time zone database itself.

It knows no clock: what time it is there is the tool's business.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Iterator
from functools import cache
from importlib import resources

AREAS = frozenset(
    [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ]
)
"""The database's areas that hold cities. Others, such as US/Central, hold what is no place's name."""

DIRECTIONS = {"north", "south", "west"}
"""Old names of Australian zones; in conversation they begin the names of other places."""

OTHER_PLACES = {
    "America/Anchorage": "alaska",
    "America/Chicago": "austin, dallas, houston, memphis, minneapolis, nashville, new orleans, "
    "oklahoma city, san antonio, st louis, texas",
    "America/Los_Angeles": "california, las vegas, oakland, portland, redmond, sacramento, "
    "san diego, san francisco, san jose, seattle, silicon valley",
    "America/New_York": "america, atlanta, baltimore, boston, charlotte, florida, miami, "
    "new york city, nyc, orlando, philadelphia, pittsburgh, the united states of america, us, usa, "
    "washington, washington dc",
    "America/Phoenix": "arizona",
    "America/Denver": "albuquerque, colorado, salt lake city, utah",
    "America/Puerto_Rico": "san juan",
    "America/Sao_Paulo": "brasilia, brazil, rio, rio de janeiro",
    "America/Toronto": "canada, ottawa, quebec",
    "America/Edmonton": "alberta, calgary",
    "Africa/Johannesburg": "cape town, durban, pretoria",
    "Africa/Lagos": "abuja",
    "Africa/Abidjan": "ivory coast",
    "Africa/Kinshasa": "democratic republic of the congo, drc",
    "Africa/Mbabane": "swaziland",
    "Asia/Dubai": "abu dhabi, emirates, uae",
    "Asia/Ho_Chi_Minh": "hanoi, ho chi minh city",
    "Asia/Karachi": "islamabad, lahore",
    "Asia/Kolkata": "bangalore, bengaluru, bombay, chennai, delhi, hyderabad, mumbai, new delhi",
    "Asia/Riyadh": "jeddah, mecca",
    "Asia/Seoul": "busan, korea",
    "Asia/Shanghai": "beijing, guangzhou, shenzhen, wuhan",
    "Asia/Tokyo": "hiroshima, kyoto, nagoya, osaka, sapporo, yokohama",
    "Asia/Yangon": "burma",
    "Australia/Sydney": "australia",
    "Europe/Amsterdam": "holland, rotterdam, the hague",
    "Europe/Berlin": "bonn, cologne, dresden, dusseldorf, frankfurt, hamburg, leipzig, munich, "
    "stuttgart",
    "Europe/Istanbul": "ankara, turkiye",
    "Europe/Kyiv": "ukraine",
    "Europe/London": "birmingham, cardiff, edinburgh, england, glasgow, great britain, leeds, "
    "liverpool, manchester, northern ireland, scotland, uk, united kingdom, wales",
    "Europe/Madrid": "barcelona, seville, valencia",
    "Europe/Moscow": "russia, st petersburg",
    "Europe/Paris": "bordeaux, lyon, marseille, nice, toulouse",
    "Europe/Prague": "czechia",
    "Europe/Rome": "florence, milan, naples, turin, venice",
    "Europe/Warsaw": "krakow",
    "Europe/Zurich": "basel, bern, geneva, lausanne",
    "Pacific/Auckland": "wellington",
    "Pacific/Honolulu": "hawaii",
    "UTC": "gmt, utc",
}
"""What the database does not name, and the capital's zone where a country's first is a remote one."""


def time_zone(place: str) -> zoneinfo.ZoneInfo | None:
    """The time zone of a city or country, however it is written; None for an unknown place."""
    known = _zones()
    city, comma, _ = place.partition(",")
    words = _key(city).split()
    name = known.get(" ".join(words))
    # "Paris, France" says where Paris is, and so does "Paris France"; "Jersey City" is not in Jersey.
    for cut in range(1, len(words)):
        if name is None and not comma and " ".join(words[cut:]) in known:
            name = known.get(" ".join(words[:cut]))
    return zoneinfo.ZoneInfo(name) if name else None


@cache
def _zones() -> dict[str, str]:
    """Names of time zones by the key of a place; the later entries count."""
    zones = dict(_countries())
    for name in sorted(zoneinfo.available_timezones()):
        area, city = name.split("/")[0], name.split("/")[-1]
        if area in AREAS and _key(city) not in DIRECTIONS:
            zones[_key(city)] = name
    for name, places in OTHER_PLACES.items():
        zones |= dict.fromkeys(map(_key, places.split(",")), name)
    return zones


def _countries() -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for code, _, name, *_ in _rows("zone.tab"):
        first.setdefault(code, name)
    for code, country in _rows("iso3166.tab"):
        name, _, more = country.partition(" (")
        if code in first:
            yield _key(name), first[code]
            yield _key(f"{more} {name}"), first[code]  # "Korea (South)" is South Korea.


def _rows(table: str) -> Iterator[list[str]]:
    """The rows of a table that comes with the time zone database."""
    text = (resources.files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


def _key(place: str) -> str:
    """The name without accents, punctuation, capitals and "the"."""
    letters = unicodedata.normalize("NFKD", place.replace("&", " and ")).lower()
    plain = re.sub(r"[^a-z\s_-]", "", letters)
    words = re.split(r"[\s_-]+", plain.strip())
    return " ".join("st" if word == "saint" else word for word in words if word != "the")
