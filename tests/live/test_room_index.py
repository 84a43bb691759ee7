"""The same room book as Socket.IO's own, without walking every room when somebody leaves."""

import random
from types import SimpleNamespace
from typing import Any, Never

import pytest
from socketio import Manager

from tracker.live.room_index import IndexedRooms


def new_book(kind: type[Manager]) -> Any:
    book = kind()
    numbers = iter(range(10_000))
    server = SimpleNamespace(
        eio=SimpleNamespace(generate_id=lambda: f"s{next(numbers)}"),
        packet_class=SimpleNamespace(json=None),
    )
    book.set_server(server)
    return book


@pytest.mark.parametrize("seed", range(5))
def test_random_histories_leave_the_same_book_as_the_stock_one(seed: int) -> None:
    chance = random.Random(seed)
    books = new_book(Manager), new_book(IndexedRooms)
    present: list[str] = []
    for step in range(400):
        act = chance.choice(["come", "join", "join", "leave", "go"]) if present else "come"
        who, room = chance.choice(present or ["?"]), f"rep:{chance.randrange(6)}"
        for book in books:
            if act == "come":
                sid = book.connect(f"e{step}", "/")
            elif act == "join":
                book.enter_room(who, "/", room)
            elif act == "leave":
                book.leave_room(who, "/", room)
            else:
                book.pre_disconnect(who, "/")
                book.disconnect(who, "/")
        if act == "come":
            present.append(sid)
        elif act == "go":
            present.remove(who)
        stock, ours = books
        assert ours.rooms == stock.rooms
        assert ours.pending_disconnect == stock.pending_disconnect
        assert all(
            set(ours.get_rooms(sid, "/")) == set(stock.get_rooms(sid, "/")) for sid in present
        )
    assert len(books[1]._rooms_by_socket) == len(present)


class NeverWalked(dict[Any, Any]):
    """A dictionary that may be looked into but not walked."""

    def _refuse(self, *_: object) -> Never:
        raise AssertionError("every room was walked")

    copy = items = keys = values = __iter__ = _refuse  # type: ignore[assignment]


def test_leaving_does_not_walk_the_rooms_of_others() -> None:
    book = new_book(IndexedRooms)
    sids = [book.connect(f"e{number}", "/") for number in range(50)]
    for number, sid in enumerate(sids):
        book.enter_room(sid, "/", f"rep:{number}")
    book.rooms["/"] = NeverWalked(book.rooms["/"])
    for sid in sids:
        assert len(book.get_rooms(sid, "/")) == 2
        book.disconnect(sid, "/")
    assert book.rooms == {}
    assert book._rooms_by_socket == {}
