"""A socket that is read all the time, as a page does it, and what it heard."""

import json
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from tests.live.raw_client import RawClient

SECONDS_MAX = 60


class Listening:
    """An open page of whoever the cookie signs in; `with` it. Answers heartbeats, keeps every event by name.

    `goodbye_code` is why the server ended it, as WebSocket says it: 0 while it has not, or where it said nothing.
    """

    def __init__(self, port: int, cookie: str) -> None:
        self._client = RawClient(port, Cookie=cookie)
        self._client.socket.settimeout(60)
        self._client.join()
        self._heard: list[str] = []
        self.is_cut, self.goodbye_code = False, 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            while True:
                self._heard.append(self._client.next_text())
        except EOFError as end:
            self.goodbye_code = end.args[0] if end.args else 0
        except OSError:
            pass
        self.is_cut = True

    def wait_for_the_end(self) -> None:
        """Wait until the server has ended it, and let go of it, as a browser does."""
        self._thread.join(SECONDS_MAX)
        assert self.is_cut, "the socket was not cut"
        self._client.close()

    @property
    def is_signed_off(self) -> bool:
        """Whether Socket.IO itself was told to disconnect: a page does not come again after that by itself."""
        return any(text.startswith("41") for text in self._heard)

    def events(self, name: str) -> list[Any]:
        """The payload of every event of that name so far."""
        found = [json.loads(text[2:]) for text in self._heard if text.startswith("42")]
        return [(payload or [None])[0] for event, *payload in found if event == name]

    def wait_for(self, name: str, count: int = 1, **payload: str) -> None:
        """Wait until so many events of that name came; with a payload, of those that carry it."""
        give_up_at = time.monotonic() + SECONDS_MAX
        while len([one for one in self.events(name) if one == payload or not payload]) < count:
            assert not self.is_cut, "the socket was cut"
            assert time.monotonic() < give_up_at, f"no {name} came"
            time.sleep(0.02)

    def __enter__(self) -> "Listening":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # it may have been let go
            self._client.socket.shutdown(socket.SHUT_RDWR)
        self._client.close()
        self._thread.join(timeout=10)
