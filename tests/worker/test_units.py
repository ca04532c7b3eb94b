import pytest

from worker.units import DifferentKinds, UnknownUnit, converted, spoken


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (10, "miles", "kilometers", 16.0934),
        (10, "Miles", "Kilometres", 16.0934),
        (6, "FT", "M", 1.8288),
        (5, "in", "cm", 12.7),
        (3, "nautical miles", "km", 5.556),
        (2, "kg", "lbs", 4.4092),
        (3, "KG", "pound", 6.6139),
        (10, "stone", "kilos", 63.5029),
        (500, "grammes", "ounces", 17.637),
        (1.5, "L", "ml", 1500),
        (4, "ML", "l", 0.004),
        (2, "fluid ounces", "ml", 59.1471),
        (5, "fl. oz.", "ml", 147.868),
        (1, "US gallons", "litres", 3.7854),
        (20, "degrees Celsius", "Fahrenheit", 68),
        (20, "°C", "°F", 68),
        (20, "centigrade", "F", 68),
        (70, "F", "C", 21.1111),
        (0, "K", "C", -273.15),
        (100, "km/h", "mph", 62.1371),
        (100, "kilometers per hour", "miles per hour", 62.1371),
        (10, "knots", "kmh", 18.52),
    ],
)
def test_units_are_converted_however_they_are_said(
    value: float, source: str, target: str, result: float
) -> None:
    assert converted(value, source, target) == pytest.approx(result, rel=1e-4)


@pytest.mark.parametrize(
    "unit", ["blorps", "", "3", "/m", "m/", "...", "per", "m**9**9**9", "__import__('os')"]
)
def test_what_is_no_unit_is_named(unit: str) -> None:
    with pytest.raises(UnknownUnit) as raised:
        converted(1, unit, "meters")
    assert str(raised.value) == unit


@pytest.mark.parametrize(
    ("source", "target"),
    [("feet", "kilograms"), ("celsius", "meters"), ("m/decibel", "us"), ("liters", "miles")],
)
def test_units_of_different_kinds_are_not_converted(source: str, target: str) -> None:
    with pytest.raises(DifferentKinds):
        converted(1, source, target)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (10.0, "10"),
        (16.0934, "16.09"),
        (-273.15, "-273.15"),
        (3280839.895, "3280839.9"),
        (0.465, "0.465"),
        (0.0000254, "0.0000254"),
        (6.2137e-07, "0.000000621"),
    ],
)
def test_numbers_are_said_without_exponents_and_never_shrink_to_nothing(
    value: float, words: str
) -> None:
    assert spoken(value) == words
