"""The reader's language: English in the source, Danish and Swedish in `translations/<locale>/<noun>.po`.

The locale is set around the making of a page or a pushed partial, and everything inside asks for it here:

    with speaking("da"):
        gettext("Earned this quarter")      # "Optjent i kvartalet"

Texts take their values by name, so that a translator can move them: `gettext("as of %(time)s", time="13:41")`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

SOURCE_LOCALE = "en"
LOCALES = (SOURCE_LOCALE, "da", "sv")
"""Languages the product speaks."""

TRANSLATIONS_FOLDER = Path(__file__).parent / "translations"

_BABEL_NAMES = {"en": "en_GB"}
_locale: ContextVar[str] = ContextVar("locale", default=SOURCE_LOCALE)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Within the block texts, amounts and dates come out in this locale; an unknown one means English."""
    token = _locale.set(locale if locale in LOCALES else SOURCE_LOCALE)
    try:
        yield
    finally:
        _locale.reset(token)


def current_locale() -> str:
    """The locale texts come out in now: one of LOCALES."""
    return _locale.get()


def babel_locale() -> Locale:
    """The same for Babel: our English writes dates and times the European way."""
    return _babel_locale(current_locale())


def choose_locale(*choices: str | None, accept_language: str = "") -> str:
    """The first choice that is a language we speak, else the best of the browser's header, else English."""
    chosen = next((choice for choice in choices if choice in LOCALES), None)
    return (
        chosen or negotiate_locale(_languages(accept_language), LOCALES, sep="-") or SOURCE_LOCALE
    )


def gettext(message: str, /, **values: object) -> str:
    """The text in the reader's language, values put in by name. A literal percent sign is written %%."""
    return _translated(message)[0] % values


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """The form that fits a number, in the reader's language. The number is not put in: format it and give it a name."""
    forms = _translated(singular, plural)
    # English, Danish and Swedish share this rule; a language with another brings it along in its catalogue.
    return forms[0 if number == 1 else 1] % values


def install(environment: Environment) -> None:
    """Give templates `_`, `ngettext` and `current_locale`; values are escaped, translations are ours and are not."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _translated(message)[0],
        lambda singular, plural, number: _translated(singular, plural)[0 if number == 1 else 1],
        newstyle=True,
    )
    environment.globals["current_locale"] = current_locale


@cache
def catalogue(locale: str) -> dict[str, tuple[str, ...]]:
    """Every text of a locale by its English source: one form, or two when it counts something."""
    messages: dict[str, tuple[str, ...]] = {}
    for path in sorted((TRANSLATIONS_FOLDER / locale).glob("*.po")):
        for message in _read(path, locale):
            if message.id and message.string:
                messages[_key(message.id)] = _forms(message.string)
    return messages


def _translated(*source: str) -> tuple[str, ...]:
    return catalogue(current_locale()).get(source[0], source)


def _read(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(translation: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (translation,) if isinstance(translation, str) else tuple(translation)


@cache
def _babel_locale(locale: str) -> Locale:
    return Locale.parse(_BABEL_NAMES.get(locale, locale))


def _languages(accept_language: str) -> list[str]:
    """The languages of an Accept-Language header, most wanted first, each also without its country."""
    wanted = []
    for position, part in enumerate(accept_language[:200].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        wanted.append((-_quality(quality), position, tag.lower()))
    tags = [tag for refused, _, tag in sorted(wanted) if tag and refused < 0]
    return [name for tag in tags for name in (tag, tag.partition("-")[0])]


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
