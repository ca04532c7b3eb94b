"""Words that fill a wait reach the loudspeaker, and do not confuse the history that follows."""

from livekit_plugins_voicelive.protocol.session_config import StaticInterimResponseConfig
from tests.emulated.conftest import eventually
from tests.emulated.test_agent_session import conversation
from voicelive_emulator.work import Call, Say

INTERIM = StaticInterimResponseConfig(texts=["Let me look."], triggers=["tool"])


async def test_a_tool_is_announced_and_its_result_spoken() -> None:
    plans = (
        Call("look_up", '{"place": "Oslo"}'),
        Say("Oslo is far away."),
        Say("You are welcome."),
    )
    options = {"model": "gpt-4.1", "voice": "en-US-AvaNeural", "interim_response": INTERIM}
    async with conversation(*plans, **options) as talk:
        await talk.session.run(user_input="Where is Oslo?")
        await eventually(lambda: ("assistant", "Oslo is far away.") in talk.words)
        assert ("assistant", "Let me look.") in talk.words
        await talk.session.run(user_input="Thank you.")
        await eventually(lambda: ("assistant", "You are welcome.") in talk.words)
        assert len(talk.service.received) == 1
