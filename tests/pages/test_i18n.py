"""Three languages, none of them second: whatever a person can read is written in each of them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment

from tracker.pages import i18n
from tracker.pages.i18n import choose_locale, gettext, ngettext, speaking

ROOT = Path(__file__).parents[2]
TRANSLATED = ("da", "sv")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def texts_of(path: Path) -> Iterator[str]:
    method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
    for _, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
        yield message if isinstance(message, str) else message[0]


def all_texts() -> dict[str, Path]:
    paths = [*(ROOT / "tracker").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    return {text: path.relative_to(ROOT) for path in sorted(paths) for text in texts_of(path)}


def messages_of(locale: str) -> Iterator[tuple[Path, Message]]:
    for path in sorted((i18n.TRANSLATIONS_FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id:
                    yield path, message


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_text_of_the_product_is_translated(locale: str) -> None:
    known = i18n.catalogue(locale)
    missing = {text: str(path) for text, path in all_texts().items() if text not in known}
    assert missing == {}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_translation_outlives_its_text(locale: str) -> None:
    texts = all_texts()
    dead = {
        forms(message.id)[0]: path.name
        for path, message in messages_of(locale)
        if forms(message.id)[0] not in texts
    }
    assert dead == {}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_translations_keep_the_values_of_their_text(locale: str) -> None:
    for path, message in messages_of(locale):
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        for form in forms(message.string):
            assert set(PLACEHOLDER.findall(form)) == wanted, f"{path.name}: {message.id!r}"


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_text_is_said_in_one_way(locale: str) -> None:
    said = defaultdict(set)
    for _, message in messages_of(locale):
        said[forms(message.id)[0]].add(forms(message.string))
    assert {text: ways for text, ways in said.items() if len(ways) > 1} == {}


def test_a_text_comes_out_in_the_language_spoken_and_in_english_afterwards() -> None:
    with speaking("da"):
        assert gettext("Earned this quarter") == "Optjent i kvartalet"
    with speaking("sv"):
        assert gettext("Earned this quarter") == "Intjänat i kvartalet"
    assert gettext("Earned this quarter") == "Earned this quarter"


def test_an_unknown_language_is_answered_in_english() -> None:
    with speaking("xx"):
        assert i18n.current_locale() == "en"


def test_one_of_a_thing_is_said_otherwise_than_many() -> None:
    with speaking("da"):
        one, two = "%(count)s working day left", "%(count)s working days left"
        assert ngettext(one, two, 1, count="1") == "1 arbejdsdag tilbage"
        assert ngettext(one, two, 0, count="0") == "0 arbejdsdage tilbage"


def test_a_value_in_a_template_cannot_bring_markup_along() -> None:
    environment = Environment(autoescape=True)
    i18n.install(environment)
    template = environment.from_string("{{ _('of %(amount)s', amount=amount) }}")
    with speaking("da"):
        assert template.render(amount="<b>1</b>") == "af &lt;b&gt;1&lt;/b&gt;"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("da-DK,da;q=0.9,en;q=0.8", "da"),
        ("sv-SE", "sv"),
        ("de-DE,sv;q=0.7,en;q=0.9", "en"),
        ("en-US,da;q=0.9", "en"),
        ("da;q=0,sv;q=0.1", "sv"),
        ("", "en"),
        ("*", "en"),
        (";;;q=,,q=x", "en"),
        ("da;q=lots", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_browsers_wish_decides_when_nobody_chose(header: str, expected: str) -> None:
    assert choose_locale(None, accept_language=header) == expected


def test_a_persons_choice_comes_before_the_browsers() -> None:
    assert choose_locale("sv", accept_language="da") == "sv"
    assert choose_locale(None, "da", accept_language="sv") == "da"
    assert choose_locale("tlh", accept_language="sv") == "sv"
