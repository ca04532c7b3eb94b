"""What Microsoft's SDK makes of a JSON object: does it know every field of it?"""

from typing import Any


def undeclared(model: Any, path: str = "") -> list[str]:
    """The places where the SDK kept a field that its own models do not declare."""
    if isinstance(model, list):
        return [place for entry in model for place in undeclared(entry, path)]
    if not hasattr(model, "_attr_to_rest_field"):
        return []
    declared = {field._rest_name: name for name, field in model._attr_to_rest_field.items()}
    found = [f"{path}.{key}" for key in model if key not in declared]
    for key in model:
        if key in declared:
            found += undeclared(getattr(model, declared[key]), f"{path}.{key}")
    return found
