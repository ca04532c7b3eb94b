"""What the command cannot do is one sentence and status 1."""

import asyncio

import pytest

from tests.emulated.test_emulator_server import command


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--deaf", "--host", "203.0.113.1", "--port", "0"],
            "Cannot listen on 203.0.113.1:0: cannot assign requested address.\n",
        ),
        (
            ["--deaf", "--host", "nosuchhost.invalid", "--port", "0"],
            "Cannot listen on nosuchhost.invalid:0: ",
        ),
        (
            ["--recognizer", "nosuchmodel", "--port", "0"],
            "The recogniser's model nosuchmodel cannot be loaded (ValueError: ",
        ),
        (
            ["--deaf", "--port", "0", "--behaviour", "pace=0"],
            "pace cannot be '0': ",
        ),
    ],
)
async def test_what_cannot_be_is_one_sentence(arguments: list[str], sentence: str) -> None:
    process = await command(*arguments)
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 1
    assert output == b""
    assert errors.decode().startswith(sentence)
    assert errors.count(b"\n") == 1
