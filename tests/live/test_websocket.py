"""The seam to Engine.IO is checked at start; anything unknown is refused in plain words."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from engineio.async_drivers import gevent as driver

from tracker.errors import BadConfiguration
from tracker.live import frames, websocket


@pytest.fixture(autouse=True)
def stock_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(driver._async, "websocket", driver.WebSocketWSGI)


def test_it_takes_the_place_of_the_stock_path() -> None:
    websocket.install()
    websocket.install()  # a second application in one process changes nothing
    assert driver._async["websocket"] is websocket.GeventWebSocket


def test_gevent_websocket_beside_us_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "geventwebsocket").mkdir()
    (tmp_path / "geventwebsocket" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadConfiguration, match="uninstall gevent-websocket"):
        websocket.install()
    assert "geventwebsocket" not in sys.modules


@pytest.mark.parametrize("changed", [None, SimpleNamespace(), lambda handler, server: None])
def test_a_driver_of_another_shape_is_refused_by_version(
    changed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(driver._async, "websocket", changed)
    with pytest.raises(BadConfiguration, match=r"python-engineio \d"):
        websocket.install()


@pytest.mark.parametrize("size_bytes", [0, 125, 126, 65535, 65536])
def test_a_frame_says_its_own_length(size_bytes: int) -> None:
    whole = frames.frame(0x1, b"x" * size_bytes)
    head = {0: 2, 125: 2, 126: 4, 65535: 4, 65536: 10}[size_bytes]
    assert len(whole) == head + size_bytes


def test_a_client_that_talks_slowly_is_never_cut_for_it() -> None:
    seconds = iter(range(0, 100_000, 1))
    receiver = frames.Receiver(lambda: float(next(seconds)))
    for _ in range(5_000):
        messages, _ = receiver.receive(b"\x81\x81\0\0\0\x003")
        assert messages == ["3"]
