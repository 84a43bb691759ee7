"""A WebSocket client that does exactly what it is told, also what no browser would do."""

import base64
import json
import os
import socket
import struct
import time
from typing import Any


class Refused(Exception):
    """The handshake was answered with something other than 101."""

    def __init__(self, status: int, body: str, head: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body, self.head = status, body, head


class RawClient:
    """One connection. `frames` parses strictly: anything but whole, sane frames raises."""

    def __init__(
        self, port: int, *, receive_buffer_bytes: int | None = None, **headers: str | None
    ) -> None:
        self.socket = socket.socket()
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""
        self._shake_hands(port, headers)

    def _shake_hands(self, port: int, headers: dict[str, str | None]) -> None:
        path = headers.pop("path", "/socket.io/?EIO=4&transport=websocket")
        lines = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Origin": f"http://127.0.0.1:{port}",
            "Cookie": "who=anna",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{text}\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode()
        status = int(self.head.split()[1])
        if status != 101:
            body = self.buffer.decode()
            self.close()
            raise Refused(status, body, self.head)

    def _receive(self) -> None:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError
        self.buffer += chunk

    def next_frame(self) -> tuple[int, bytes]:
        """(opcode, payload); EOFError at the end of the stream, AssertionError on a corrupt one."""
        while (parsed := self._parse()) is None:
            self._receive()
        opcode, payload, size = parsed
        self.buffer = self.buffer[size:]
        return opcode, payload

    def _parse(self) -> tuple[int, bytes, int] | None:
        if len(self.buffer) < 2:
            return None
        first, length = self.buffer[0], self.buffer[1]
        assert first in (0x81, 0x82, 0x88, 0x89, 0x8A), f"corrupt stream: first byte {first:#x}"
        assert length < 128, "corrupt stream: a masked frame from a server"
        start = {126: 4, 127: 10}.get(length, 2)
        if len(self.buffer) < start:
            return None
        if length == 126:
            (length,) = struct.unpack("!H", self.buffer[2:4])
        elif length == 127:
            (length,) = struct.unpack("!Q", self.buffer[2:10])
        assert length < 1_000_000, "corrupt stream: absurd length"
        if len(self.buffer) < start + length:
            return None
        return first & 0x0F, self.buffer[start : start + length], start + length

    def next_text(self) -> str:
        """The next text message; answers the server's heartbeats on the way."""
        while True:
            opcode, payload = self.next_frame()
            if opcode == 8:
                raise EOFError(struct.unpack("!H", payload[:2])[0])
            if payload == b"2":
                self.send_text("3")
            elif opcode == 1:
                return payload.decode()

    def read_to_the_end(self) -> list[str]:
        """Every text message until the server has cut the link."""
        texts: list[str] = []
        try:
            while True:
                texts.append(self.next_text())
        except (EOFError, ConnectionResetError):
            return texts

    def next_event(self, name: str, within_seconds: float = 15) -> Any:
        """The payload of the next event of that name."""
        end = time.monotonic() + within_seconds
        while time.monotonic() < end:
            text = self.next_text()
            if text.startswith("42"):
                event, *payload = json.loads(text[2:])
                if event == name:
                    return payload[0] if payload else None
        raise AssertionError(f"no {name} came")

    def join(self) -> Any:
        """Speaks Socket.IO's CONNECT and waits until the rooms are joined."""
        assert self.next_text().startswith("0")
        self.send_text("40")
        return self.next_event("joined")

    def send_text(self, text: str) -> None:
        self.send_frame(0x81, text.encode())

    def send_frame(self, first_byte: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", first_byte, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", first_byte, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", first_byte, 0x80 | 127, length)
        self.socket.sendall(head + b"\0\0\0\0" + payload)  # a mask of zeroes changes nothing

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
