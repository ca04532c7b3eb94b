from worker.lonely_rooms import Dispatch, LonelyRooms, Room

PATIENCE_S = 10.0


def dispatch(agent_name: str = "") -> Dispatch:
    return Dispatch(id=f"of-{agent_name}", agent_name=agent_name, metadata="{}")


def room(
    *, people: int = 1, agents: int = 0, dispatches: tuple[Dispatch, ...] = (dispatch(),)
) -> Room:
    return Room(name="call", people=people, agents=agents, dispatches=dispatches)


def overdue(lonely: LonelyRooms, seen: Room, *, now: float) -> bool:
    return lonely.overdue([seen], now=now) == [seen]


def is_sent_an_agent(seen: Room, *, agent_name: str = "") -> bool:
    lonely = LonelyRooms(agent_name, patience_s=PATIENCE_S)
    assert not overdue(lonely, seen, now=0.0), "an agent may need a moment to come"
    return overdue(lonely, seen, now=PATIENCE_S)


def test_a_person_without_an_agent_is_sent_one() -> None:
    assert is_sent_an_agent(room())


def test_who_has_an_agent_or_nobody_at_all_is_not() -> None:
    assert not is_sent_an_agent(room(agents=1))
    assert not is_sent_an_agent(room(people=0))


def test_where_the_agent_withdrew_its_dispatch_nobody_is_sent() -> None:
    assert not is_sent_an_agent(room(dispatches=()))


def test_an_agent_is_sent_only_to_rooms_that_asked_for_it() -> None:
    asked_for_bob = room(dispatches=(dispatch(), dispatch("bob")))
    assert is_sent_an_agent(asked_for_bob, agent_name="bob")
    assert not is_sent_an_agent(asked_for_bob, agent_name="ann")
    assert not is_sent_an_agent(asked_for_bob), "the unnamed dispatch is LiveKit's own"


def test_the_agent_that_was_sent_has_time_to_come_before_the_next_is() -> None:
    lonely = LonelyRooms("", patience_s=PATIENCE_S)
    seen = [at for at in range(30) if overdue(lonely, room(), now=at)]
    assert seen == [10, 20]


def test_loneliness_begins_anew_when_an_agent_was_there_meanwhile() -> None:
    lonely = LonelyRooms("", patience_s=PATIENCE_S)
    assert not overdue(lonely, room(), now=0.0)
    assert not overdue(lonely, room(agents=1), now=9.0)
    assert not overdue(lonely, room(), now=11.0)
    assert overdue(lonely, room(), now=21.0)
