"""A person's browser on a real server: signs in with a password, keeps its cookies, sends forms with their token."""

import html
import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.faults.asking import TIMEOUT_SECONDS, TOKEN, patiently

PASSWORD = "three plain words"
SEEN = re.compile(r'name="seen" value="([^"]*)"')


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    location: str

    @property
    def seen(self) -> str:
        """What the form on the page says was looked at."""
        found = SEEN.search(self.text)
        assert found, self.text
        return found[1]


class Visitor:
    """One person, in Danish, on one connection that is opened again when it was closed."""

    def __init__(self, port: int, email: str) -> None:
        self.email = email
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._cookies: dict[str, str] = {}
        self._token = ""
        page = self.get("/sign-in")
        assert page.status == 200, page
        signed_in = self.post("/sign-in", email=email, password=PASSWORD)
        assert signed_in.status == 303, signed_in
        self.get("/you")  # signing in ends the token of the form

    def get(self, path: str) -> Page:
        page = self._asked("GET", path, None)
        if (token := TOKEN.search(page.text)) is not None:
            self._token = html.unescape(token[1])
        return page

    def post(self, path: str, **form: str) -> Page:
        """Send a form; what it answers is not followed."""
        return self._asked("POST", path, urlencode({"csrf_token": self._token, **form}))

    def send(self, path: str, **form: str) -> Page:
        """Send a form that must be taken."""
        page = self.post(path, **form)
        assert page.status == 303, (path, form, page.status, _words_of(page.text))
        return page

    def close(self) -> None:
        self._connection.close()

    def _asked(self, method: str, path: str, body: str | None) -> Page:
        return patiently(lambda: self._asked_once(method, path, body))

    def _asked_once(self, method: str, path: str, body: str | None) -> Page:
        headers = {
            "Accept-Language": "da",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Sec-Fetch-Site"] = "same-origin"
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()  # it was kept for long enough
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return Page(answer.status, text, answer.headers.get("Location", ""))


def _words_of(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))[:2000]
