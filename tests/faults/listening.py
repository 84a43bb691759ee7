"""A socket that is read all the time, as a page does it, and what it heard."""

import json
import threading
import time
from contextlib import suppress
from typing import Any

from tests.live.raw_client import RawClient

SECONDS_MAX = 60


class Listening:
    """An open page of whoever the cookie signs in; `with` it. Answers heartbeats, keeps every event by name."""

    def __init__(self, port: int, cookie: str) -> None:
        self._client = RawClient(port, Cookie=cookie)
        self._client.socket.settimeout(60)
        self._client.join()
        self._heard: list[str] = []
        self.is_cut = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                text = self._client.next_text()
                if text.startswith("42"):
                    self._heard.append(text[2:])
        self.is_cut = True

    def events(self, name: str) -> list[Any]:
        """The payload of every event of that name so far."""
        found = [json.loads(text) for text in self._heard]
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
        self._client.socket.shutdown(2)
        self._client.close()
        self._thread.join(timeout=10)
