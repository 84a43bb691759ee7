"""Which passwords are good enough, and that hashing one stops nobody else."""

import subprocess
import sys

import pytest

from tracker import passwords


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "aaaaaaaaaaaaaa",
        "123456789012",
        "abcdefghijklmnop",
        "annalund1234",
        "qwertyuiopasdf",
    ],
)
def test_what_anyone_would_try_first_is_refused(password: str) -> None:
    assert passwords.is_easy_to_guess(password, "Anna", "Lund")


@pytest.mark.parametrize(
    "password", ["three plain words", "blå støvler i regn", "tR7!kq-09zzWm", "horse battery staple"]
)
def test_a_sentence_or_real_chance_is_taken(password: str) -> None:
    assert not passwords.is_easy_to_guess(password, "Anna", "Lund")
    assert passwords.is_right(passwords.hash_password(password), password)


def test_the_kept_hash_is_slow_salted_and_of_the_advised_cost() -> None:
    first, second = (passwords.hash_password("three plain words") for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_no_password_fits_where_none_is_kept(kept: str | None) -> None:
    assert not passwords.is_right(kept, "a password nobody has")


HASHING_WHILE_OTHERS_WORK = """
from gevent import monkey; monkey.patch_all()
import gevent
from tracker import passwords
turns = 0
def others():
    global turns
    while True:
        turns += 1
        gevent.sleep(0)
gevent.spawn(others)
gevent.sleep(0)
before = turns
assert passwords.is_right(passwords.hash_password("three plain words"), "three plain words")
print(turns - before)
"""


def test_hashing_leaves_the_loop_to_the_sockets() -> None:
    result = subprocess.run(
        [sys.executable, "-c", HASHING_WHILE_OTHERS_WORK],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(result.stdout) > 1, "the others got no turn while a password was hashed"
