"""Settings: typed, refused early, by the name of the variable."""

import os
import stat
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tracker.config import Settings, load_settings, setting_names
from tracker.errors import BadConfiguration

STRONG_KEY = "kE8-wq2ZpL5xT0vNc9RbY7uHs3JfMd1A"


def refusal(**variables: str) -> str:
    with pytest.raises(BadConfiguration) as refused:
        load_settings({f"TRACKER_{name}": value for name, value in variables.items()})
    return refused.value.message


def test_without_any_variable_the_tracker_can_start() -> None:
    settings = load_settings({})
    assert settings.data_folder == Path.cwd() / "var"
    assert settings.database_url == f"sqlite:///{Path.cwd() / 'var' / 'tracker.sqlite3'}"
    assert (settings.host, settings.port) == ("127.0.0.1", 8700)
    assert settings.public_url == "http://127.0.0.1:8700"
    assert settings.company_zone == ZoneInfo("Europe/Copenhagen")
    assert (settings.holiday_country, settings.holiday_categories) == ("DK", ("public",))
    assert settings.assets == "cdn"
    assert not settings.cookie_secure


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"TRACKER_PORT": "", "TRACKER_SECRET_KEY": ""}) == load_settings({})


def test_lists_are_written_with_commas() -> None:
    settings = load_settings(
        {
            "TRACKER_OWN_DAYS_OFF": "2026-12-24, 2026-12-31",
            "TRACKER_HOLIDAY_CATEGORIES": "public,optional",
        }
    )
    assert settings.own_days_off == (date(2026, 12, 24), date(2026, 12, 31))
    assert settings.holiday_categories == ("public", "optional")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PORT", "tcp://10.0.0.1:8700"),
        ("DATABASE_URL", "mysql://tracker@host/tracker"),
        ("DATABASE_URL", "postgresql://"),
        ("PUBLIC_URL", "earnings.example.com"),
        ("PUBLIC_URL", "https://earnings.example.com/path"),
        ("PUBLIC_URL", "https://earnings.example.com:port"),
        ("ALLOWED_ORIGINS", "https://a.example, *"),
        ("ASSETS", "both"),
        ("COMPANY_ZONE", "Europe/Kobenhavn"),
        ("COMPANY_ZONE", "../../etc/passwd"),
        ("HOLIDAYS", "Denmark"),
        ("HOLIDAY_CATEGORIES", "public,bank"),
        ("OWN_DAYS_OFF", "2026-02-30"),
        ("TRUSTED_PROXIES", "-1"),
        ("COOKIE_SECURE", "perhaps"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_with_what_to_set(
    name: str, value: str
) -> None:
    message = refusal(**{name: value})
    assert f"TRACKER_{name}: " in message
    assert "cannot be used" in message
    assert "Set it to " in message
    assert "pydantic" not in message


def test_all_problems_are_named_at_once() -> None:
    message = refusal(PORT="eighty", ASSETS="both", TRUSTED_PROXIES="11")
    assert [name in message for name in ("_PORT", "_ASSETS", "_PROXIES")] == [True] * 3


def test_a_refused_password_or_key_is_never_repeated() -> None:
    message = refusal(DATABASE_URL="mysql://tracker:hunter2@host/x", SECRET_KEY="hunter2")
    assert "hunter2" not in message


def test_a_misspelt_setting_is_refused_with_the_name_that_was_meant() -> None:
    assert "Did you mean TRACKER_COMPANY_ZONE?" in refusal(COMPANY_ZON="Europe/Stockholm")


def test_variables_that_a_container_system_adds_do_not_stop_the_start() -> None:
    assert load_settings(
        {"TRACKER_PORT_8700_TCP": "tcp://10.0.0.1:8700", "TRACKER_SERVICE_HOST": "x"}
    )


def test_a_postgresql_address_gets_the_driver_we_install() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        settings = load_settings({"TRACKER_DATABASE_URL": f"{scheme}://tracker@host/name"})
        assert settings.database_url == "postgresql+psycopg://tracker@host/name"


def test_the_public_address_is_kept_as_browsers_send_it() -> None:
    settings = load_settings({"TRACKER_PUBLIC_URL": "https://Earnings.Example.com:443/"})
    assert settings.public_url == "https://earnings.example.com"
    assert settings.allowed_origins == ("https://earnings.example.com",)
    assert settings.cookie_secure


def test_on_one_machine_both_of_its_names_are_allowed_origins() -> None:
    assert load_settings({"TRACKER_PORT": "9000"}).allowed_origins == (
        "http://127.0.0.1:9000",
        "http://localhost:9000",
        "http://[::1]:9000",
    )


def test_an_address_that_only_begins_like_this_machine_is_not_this_machine() -> None:
    settings = load_settings({"TRACKER_PUBLIC_URL": "http://localhost.example.com"})
    assert settings.allowed_origins == ("http://localhost.example.com",)


def test_listening_everywhere_is_still_opened_by_a_name() -> None:
    assert load_settings({"TRACKER_HOST": "0.0.0.0"}).public_url == "http://localhost:8700"


def test_further_origins_are_added_to_the_own_one() -> None:
    settings = load_settings(
        {
            "TRACKER_PUBLIC_URL": "https://a.example",
            "TRACKER_ALLOWED_ORIGINS": "https://b.example, https://a.example",
        }
    )
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


def test_the_secure_mark_of_cookies_can_be_set_by_hand() -> None:
    assert load_settings({"TRACKER_COOKIE_SECURE": "true"}).cookie_secure
    https = {"TRACKER_PUBLIC_URL": "https://a.example"}
    assert load_settings(https | {"TRACKER_COOKIE_SECURE": "auto"}).cookie_secure
    assert not load_settings(https | {"TRACKER_COOKIE_SECURE": "false"}).cookie_secure


def test_holidays_can_be_left_out() -> None:
    assert load_settings({"TRACKER_HOLIDAYS": "none"}).holiday_country == ""


def test_every_setting_says_what_it_may_be() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert all(name.startswith("TRACKER_") for name in setting_names())


def test_a_given_secret_key_is_used_and_not_shown() -> None:
    settings = load_settings({"TRACKER_SECRET_KEY": STRONG_KEY})
    assert settings.secret_key() == STRONG_KEY
    assert STRONG_KEY not in repr(settings)


@pytest.mark.parametrize("key", ["changeme" * 5, "a" * 40, "Secret-Key-" * 4, "12" * 20])
def test_a_long_key_that_is_easy_to_guess_is_refused(key: str) -> None:
    assert "easy to guess" in refusal(SECRET_KEY=key)


def test_without_a_key_one_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    settings = load_settings({"TRACKER_DATA": str(tmp_path / "new")})
    key = settings.secret_key()
    assert len(key) >= 32
    assert settings.secret_key() == key
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "new") == ["secret_key"]


def test_two_companies_get_different_keys(tmp_path: Path) -> None:
    keys = {load_settings({"TRACKER_DATA": str(tmp_path / name)}).secret_key() for name in "ab"}
    assert len(keys) == 2


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = load_settings({"TRACKER_DATA": str(tmp_path)})
    settings.secret_key()
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        settings.secret_key()


def test_an_emptied_key_file_is_refused_and_not_used(tmp_path: Path) -> None:
    settings = load_settings({"TRACKER_DATA": str(tmp_path)})
    settings.secret_key()
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(BadConfiguration, match="Delete the file"):
        settings.secret_key()


def test_a_data_folder_that_is_a_file_is_refused_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfiguration, match="Set TRACKER_DATA to a folder"):
        load_settings({"TRACKER_DATA": str(tmp_path / "file" / "folder")}).secret_key()
