"""What the body of a request may be, before anyone asks what it means."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ingest.strict_json import DEPTH_MAX, NotJson, Number, parse_strict

REFUSED = {
    "no JSON at all": (b"status=won", "not JSON at line 1, column 1"),
    "nothing": (b"", "not JSON"),
    "a second value": (b"{} {}", "not JSON"),
    "a trailing comma": (b"[1,]", "not JSON"),
    "single quotes": (b"{'a': 1}", "not JSON"),
    "a raw line break in a text": (b'"a\nb"', "not JSON"),
    "NaN": (b'{"amount": NaN}', "NaN is not JSON"),
    "Infinity": (b'{"amount": Infinity}', "Infinity is not JSON"),
    "minus Infinity": (b'{"amount": -Infinity}', "-Infinity is not JSON"),
    "a number no computer holds": (b'{"amount": 1e400}', "1e400"),
    "a number that would cost seconds": (b'{"amount": 1e600000}', "1e600000"),
    "a number of 100,000 digits": (b"9" * 100_000, "99999"),
    "a key twice": (b'{"amount": 1, "amount": 2}', "“amount” is there twice"),
    "a key twice further in": (b'[{"deal": {"a": 1, "\\u0061": 2}}]', "“a” is there twice"),
    "an escaped zero character": (b'{"name": "a\\u0000b"}', "\\u0000"),
    "a zero character in a key": (b'{"a\\u0000": 1}', "\\u0000"),
    "a raw zero byte": (b'"a\x00b"', "zero byte"),
    "half of a surrogate pair": (b'{"name": ["\\ud83d"]}', "surrogate"),
    "Latin-1": ('{"name": "Ærø"}'.encode("latin-1"), "byte 11 is not UTF-8"),
    "UTF-16": ('{"name": "A"}'.encode("utf-16"), "byte order mark"),
    "UTF-16 without a mark": ('{"name": "A"}'.encode("utf-16-le"), "zero byte"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 32"),
    "deep lists without an end": (b"[" * 100_000, "nested deeper than 32"),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper than 32"),
    "deep lists and objects in turn": (b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000, "nested deeper"),
    "brackets that do not pair": (b'{"a": [1}', "not JSON"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_json_is_refused_with_its_reason(body: bytes, message: str) -> None:
    with pytest.raises(NotJson) as refusal:
        parse_strict(body)
    assert message in refusal.value.problems[0].what
    assert refusal.value.problems[0].fix
    assert refusal.value.http_status == 400


def test_a_number_keeps_every_digit_it_was_written_with() -> None:
    body = b'{"amount": 90071992547409.93, "version": 12345678901234567890, "small": -0.10}'
    assert parse_strict(body) == {
        "amount": Number("90071992547409.93"),
        "version": Number("12345678901234567890"),
        "small": Number("-0.10"),
    }


def test_the_deepest_nesting_allowed_is_read_and_one_more_is_not() -> None:
    assert parse_strict(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX) is not None
    with pytest.raises(NotJson):
        parse_strict(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1))


def test_brackets_inside_texts_are_not_nesting() -> None:
    text = "[{" * 1000 + '"\\'
    assert parse_strict(json.dumps({"name": text}).encode()) == {"name": text}


def test_a_text_of_quotes_and_backslashes_without_an_end_is_refused() -> None:
    with pytest.raises(NotJson):
        parse_strict(b'"' + b'\\"' * 500_000)


def test_an_object_with_a_hundred_thousand_keys_and_one_twice_is_refused() -> None:
    body = ",".join(f'"k{number}":1' for number in range(100_000))
    with pytest.raises(NotJson, match="“k99999” is there twice"):
        parse_strict(f'{{{body},"k99999":1}}'.encode())


def test_escaped_and_plain_characters_outside_ascii_are_the_same() -> None:
    assert parse_strict(b'"\\u00c6r\\u00f8 \\ud83d\\ude80"') == parse_strict('"Ærø 🚀"'.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _plain(value: object) -> object:
    if isinstance(value, Number):
        return int(value.text)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


@given(value=VALUES, ascii_only=st.booleans())
def test_what_a_strict_writer_writes_is_read_back_or_refused_by_name(
    value: object, ascii_only: bool
) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        assert _plain(parse_strict(body)) == value
    except NotJson as refusal:
        reason = refusal.problems[0].what
        assert "\\u0000" in reason or "surrogate" in reason or "UTF-8" in reason or "32" in reason


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    with contextlib.suppress(NotJson):
        parse_strict(body)
