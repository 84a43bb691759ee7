"""What a phone downloads for its first view, in bytes over the wire."""

import gzip
import re
from dataclasses import dataclass

from tracker.bench.company_server import CompanyServer
from tracker.launcher import ROOT

PAGE = "/me"
FILE = re.compile(
    r"""<(?:script[^>]*?\ssrc|link\s[^>]*?href|use\s[^>]*?href)="([^"#]+)""", re.DOTALL
)
COPY = re.compile(r"""data-fallback="([^"]+)\"""")
CDN = "https://"
KILOBYTE = 1000
TOTAL_LIMIT_KILOBYTES = 150.0
SCRIPTS_LIMIT_KILOBYTES = 60.0


@dataclass(frozen=True, slots=True)
class PageWeight:
    """Kilobytes of 1,000 bytes. Scripts count gzipped; the rest as this server sends it."""

    files_count: int
    total_kilobytes: float
    scripts_kilobytes: float
    total_limit_kilobytes: float = TOTAL_LIMIT_KILOBYTES
    scripts_limit_kilobytes: float = SCRIPTS_LIMIT_KILOBYTES


def page_weight(server: CompanyServer) -> PageWeight:
    """The phone's page with every file it names; files of the CDN by our own copies, gzipped as it sends them."""
    page = _served(server, PAGE)
    text = gzip.decompress(page).decode() if page[:2] == b"\x1f\x8b" else page.decode()
    copies = [(ROOT / path.lstrip("/")).read_bytes() for path in COPY.findall(text)]
    own = list(dict.fromkeys(path for path in FILE.findall(text) if not path.startswith(CDN)))
    served = {path: _served(server, path) for path in own}
    from_cdn = sum(_gzipped_size(copy) for copy in copies)
    own_scripts = sum(_gzipped_size(body) for path, body in served.items() if path.endswith(".js"))
    total = len(page) + sum(map(len, served.values())) + from_cdn
    return PageWeight(
        files_count=1 + len(served) + len(copies),
        total_kilobytes=total / KILOBYTE,
        scripts_kilobytes=(own_scripts + from_cdn) / KILOBYTE,
    )


def _served(server: CompanyServer, path: str) -> bytes:
    connection = server.connect()
    connection.request("GET", path, headers={"Cookie": server.cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise AssertionError(f"{path} answered {answer.status}")
    return body


def _gzipped_size(body: bytes) -> int:
    return len(body) if body[:2] == b"\x1f\x8b" else len(gzip.compress(body))
