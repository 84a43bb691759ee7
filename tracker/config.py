"""Every setting, typed, read once from the environment, refused early by name.

A description completes the sentence "Set it to ...": it is what a person reads when the value cannot be used.
"""

import difflib
import getpass
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from tracker.errors import BadConfiguration, Problem
from tracker.logs import Format, Level
from tracker.secret_key import SECRET_KEY_LENGTH_MIN, kept_secret_key, why_weak

PREFIX = "TRACKER_"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to
DEFAULT_PORT_OF_SCHEME = {"http": 80, "https": 443}
DRIVER_OF_SCHEME = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
# Their values may hold a password, so a message never repeats them.
UNSPOKEN = ("TRACKER_SECRET_KEY", "TRACKER_DATABASE_URL")


def _split_at_commas(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (KeyError, OSError):
        raise ValueError("not a time zone this machine knows") from None


CommaSeparated = BeforeValidator(_split_at_commas)
Origins = Annotated[tuple[str, ...], CommaSeparated]
Words = Annotated[tuple[str, ...], CommaSeparated]
Dates = Annotated[tuple[date, ...], CommaSeparated]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]


class Settings(BaseModel):
    """What a company can set. Made by `load_settings`; never changes afterwards."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=True
    )

    data_folder: Path = Field(
        Path("var"),
        alias="TRACKER_DATA",
        description="the folder for the database, keys and backups",
    )
    database_url: str = Field(
        "",
        alias="TRACKER_DATABASE_URL",
        description="postgresql://user:password@host/name, or leave it out for SQLite under TRACKER_DATA",
    )
    host: str = Field("127.0.0.1", alias="TRACKER_HOST", description="the address to listen on")
    port: int = Field(
        8700, alias="TRACKER_PORT", ge=1, le=65535, description="a port from 1 to 65535"
    )
    public_url: str = Field(
        "",
        alias="TRACKER_PUBLIC_URL",
        description="the address people type, without a path, such as https://earnings.example.com",
    )
    allowed_origins: Origins = Field(
        (),
        alias="TRACKER_ALLOWED_ORIGINS",
        description="further addresses the pages are opened at, such as https://a.example, https://b.example",
    )
    assets: Literal["cdn", "local"] = Field(
        "cdn",
        alias="TRACKER_ASSETS",
        description="cdn, or local to load no script from another server",
    )
    company_zone: Zone = Field(
        ZoneInfo("Europe/Copenhagen"),
        alias="TRACKER_COMPANY_ZONE",
        description="a time zone name such as Europe/Copenhagen",
    )
    holiday_country: str = Field(
        "DK",
        alias="TRACKER_HOLIDAYS",
        description="a country code such as DK, or none for no holidays",
    )
    holiday_categories: Words = Field(
        ("public",),
        alias="TRACKER_HOLIDAY_CATEGORIES",
        description="the kinds of holiday to keep, such as public, optional",
    )
    own_days_off: Dates = Field(
        (), alias="TRACKER_OWN_DAYS_OFF", description="dates such as 2026-12-24, 2026-12-31"
    )
    trusted_proxies: int = Field(
        0,
        alias="TRACKER_TRUSTED_PROXIES",
        ge=0,
        le=10,
        description="how many proxies stand before it, 0 to 10",
    )
    given_secret_key: SecretStr | None = Field(
        None,
        alias="TRACKER_SECRET_KEY",
        description=f"at least {SECRET_KEY_LENGTH_MIN} random characters, or leave it out: one is made at first start",
    )
    cookie_secure: bool = Field(
        False,
        alias="TRACKER_COOKIE_SECURE",
        description="true or false, or auto to follow TRACKER_PUBLIC_URL",
    )
    log_level: Level = Field(
        "info", alias="TRACKER_LOG_LEVEL", description="debug, info, warning or error"
    )
    log_format: Format = Field(
        "auto",
        alias="TRACKER_LOG_FORMAT",
        description="json, console, or auto: for people in a terminal, JSON elsewhere",
    )

    @field_validator("data_folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str, earlier: ValidationInfo) -> str:
        if not url:
            return f"sqlite:///{earlier.data.get('data_folder', Path('var')) / 'tracker.sqlite3'}"
        scheme, separator, rest = url.partition("://")
        if not separator or not rest or scheme not in DRIVER_OF_SCHEME:
            raise ValueError("not a PostgreSQL or SQLite address")
        return f"{DRIVER_OF_SCHEME[scheme]}://{rest}"

    @field_validator("public_url")
    @classmethod
    def _own_origin(cls, url: str, earlier: ValidationInfo) -> str:
        if url:
            return origin_of(url)
        host = earlier.data.get("host", "localhost")
        host = "localhost" if host in EVERY_ADDRESS else host
        host = f"[{host}]" if ":" in host else host
        return origin_of(f"http://{host}:{earlier.data.get('port', 8700)}")

    @field_validator("allowed_origins")
    @classmethod
    def _all_origins(cls, given: tuple[str, ...], earlier: ValidationInfo) -> tuple[str, ...]:
        own = earlier.data.get("public_url", "")
        origins = [*same_machine_origins(own), *(origin_of(url) for url in given)]
        return tuple(dict.fromkeys(origins))

    @field_validator("holiday_country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        if country.lower() in ("", "none"):
            return ""
        from holidays import list_supported_countries

        if country.upper() not in list_supported_countries():
            raise ValueError("not a country whose holidays are known")
        return country.upper()

    @field_validator("holiday_categories")
    @classmethod
    def _known_categories(cls, kinds: tuple[str, ...], earlier: ValidationInfo) -> tuple[str, ...]:
        if not earlier.data.get("holiday_country"):
            return kinds
        from holidays import country_holidays

        known = country_holidays(earlier.data["holiday_country"]).supported_categories
        if not set(kinds) <= set(known):
            raise ValueError(
                f"{earlier.data['holiday_country']} has only {', '.join(sorted(known))}"
            )
        return kinds

    @field_validator("given_secret_key")
    @classmethod
    def _strong(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and (reason := why_weak(key.get_secret_value())):
            raise ValueError(reason)
        return key

    @field_validator("cookie_secure", mode="before")
    @classmethod
    def _follow_public_url(cls, value: Any, earlier: ValidationInfo) -> Any:
        if value in ("auto", False):
            return str(earlier.data.get("public_url", "")).startswith("https:")
        return value

    def secret_key(self) -> str:
        """The key that signs cookies: the given one, or the one kept under the data folder, made at first need."""
        if self.given_secret_key is not None:
            return self.given_secret_key.get_secret_value()
        return kept_secret_key(self.data_folder)


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser sends them in `Origin`; ValueError for anything with more in it."""
    parts = urlsplit(url.strip())
    if parts.scheme not in DEFAULT_PORT_OF_SCHEME or not parts.hostname:
        raise ValueError("not an address that starts with http:// or https://")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("more than scheme, host and port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = (
        f":{parts.port}" if parts.port not in (None, DEFAULT_PORT_OF_SCHEME[parts.scheme]) else ""
    )
    return f"{parts.scheme}://{host}{port}"


def same_machine_origins(origin: str) -> list[str]:
    """The origin itself, and its other names when it is this machine: people type both localhost and 127.0.0.1."""
    for host in LOOPBACK_HOSTS:
        start = f"http://{host}"
        if origin == start or origin.startswith(start + ":"):
            port = origin.removeprefix(start)
            return [origin, *(f"http://{other}{port}" for other in LOOPBACK_HOSTS if other != host)]
    return [origin] if origin else []


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (or the given one); BadConfiguration names every variable that cannot be used.

    An empty variable counts as not set.
    """
    given = os.environ if environment is None else environment
    names = setting_names()
    problems = _misspelt(given, names)
    try:
        settings = Settings.model_validate({name: given[name] for name in names if given.get(name)})
    except ValidationError as error:
        problems += [_problem(details["loc"], details, given) for details in error.errors()]
    if problems:
        raise BadConfiguration(problems)
    return settings


def command_author() -> str:
    """Who an act on the command line is recorded under: the user of this machine, which no mail address can be."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in a container
        return f"command:{os.getuid()}"


def setting_names() -> list[str]:
    """The variables that can be set, in the order of the class."""
    return [str(field.alias) for field in Settings.model_fields.values()]


def _misspelt(given: Mapping[str, str], names: list[str]) -> list[Problem]:
    """Only near misses are refused: container systems add variables of their own, such as TRACKER_PORT_8700_TCP."""
    problems = []
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in names:
            for close in difflib.get_close_matches(name, names, n=1, cutoff=0.85):
                problems.append(
                    Problem(name, "there is no such setting.", f"Did you mean {close}?")
                )
    return problems


def _problem(location: tuple[int | str, ...], details: Any, given: Mapping[str, str]) -> Problem:
    name = str(location[0])
    field = next(field for field in Settings.model_fields.values() if field.alias == name)
    value = "the value" if name in UNSPOKEN else f"“{given.get(name, '')[:60]}”"
    cause = details.get("ctx", {}).get("error")
    reason = f" ({cause})" if cause and details["type"] == "value_error" else ""
    return Problem(name, f"{value} cannot be used{reason}.", f"Set it to {field.description}.")
