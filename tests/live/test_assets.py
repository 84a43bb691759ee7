"""The vendored scripts are the very files the CDN tags name."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = (REPOSITORY / "templates/_scripts.html").read_text()
VENDOR = REPOSITORY / "static/vendor"
# From the published packages; the hash in htmx 4.0.1's own README is that of 4.0.0.
PUBLISHED = {
    "htmx-4.0.1.min.js": "Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
    "socket.io-4.8.4.min.js": "fBrXvbDtHoeKWJ/hcA6M+YGueiDW+h45I7V6F2kD1S8bOkrF9rZYPLVkCR6BLR/1",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_copy_has_the_published_hash_and_its_tag_carries_it(name: str) -> None:
    digest = hashlib.sha384((VENDOR / name).read_bytes()).digest()
    assert base64.b64encode(digest).decode() == PUBLISHED[name]
    tag = re.search(rf'<script[^>]*data-fallback="/static/vendor/{name}"[^>]*>', TEMPLATE)
    assert tag is not None
    assert f'integrity="sha384-{PUBLISHED[name]}"' in tag.group()
    assert f"`{PUBLISHED[name]}`" in (VENDOR / "README.md").read_text()


def test_every_vendored_script_is_listed() -> None:
    assert {path.name for path in VENDOR.glob("*.js")} == set(PUBLISHED)
