"""Signing in, staying in, and being put out."""

import re
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.cast import NOW, PASSWORD, Cast
from tracker import access, clock, passwords
from tracker.store import accounts, attempts, links, outbox, people, sessions
from tracker.store.tables import metadata

WRONG = "not the right words"


def sign_in(client: FlaskClient, who: str = "anna", password: str = PASSWORD, **more: str):
    form = {"email": f"{who}@firma.dk", "password": password, **more}
    return client.post("/sign-in", data=form)


def session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie(access.SESSION_COOKIE)
    return cookie.value if cookie else ""


def is_in(client: FlaskClient) -> bool:
    return client.get("/you").status_code == 200


# --- by password


@pytest.mark.parametrize(("who", "home"), [("anna", "/me"), ("mette", "/team"), ("ida", "/team")])
def test_a_person_with_the_right_password_comes_to_their_own_first_page(
    cast: Cast, who: str, home: str
) -> None:
    client = cast.app.test_client()
    answer = sign_in(client, who)
    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).headers["Location"] == home


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(cast: Cast) -> None:
    answer = sign_in(cast.app.test_client())
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if access.SESSION_COOKIE in c)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_over_tls_cookies_are_secure_and_bound_to_the_host(tmp_path) -> None:
    from tests.cast import make_cast

    cast = make_cast(tmp_path, TRACKER_PUBLIC_URL="https://localhost")
    answer = sign_in(cast.app.test_client())
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if access.SESSION_COOKIE in c)
    assert cookie.startswith("__Host-tracker_session=")
    assert "; Secure" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    cast.database.dispose()


def test_each_sign_in_has_a_new_token_and_ends_the_one_before(cast: Cast) -> None:
    client = cast.app.test_client()
    sign_in(client)
    first = session_cookie(client)
    sign_in(client)
    assert session_cookie(client) != first
    client.set_cookie(access.SESSION_COOKIE, first)
    assert not is_in(client)


def test_the_sockets_of_whoever_was_signed_in_before_hear_of_it(cast: Cast) -> None:
    client = cast.client_of("anna")
    with cast.database.read() as connection:
        before = outbox.last_sequence(connection)
    sign_in(client, "bo")
    with cast.database.read() as connection:
        changes = outbox.changes_after(connection, before)
    assert [(one.kind, one.payee_id) for one in changes] == [("access", cast.payee_ids["anna"])]


def test_the_database_holds_no_token_that_would_work(cast: Cast) -> None:
    client = cast.app.test_client()
    sign_in(client)
    kept = cast.database.url.database
    token = session_cookie(client).encode()
    assert kept is not None
    for suffix in ("", "-wal"):
        with open(kept + suffix, "rb") as file:
            assert token not in file.read()


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(cast: Cast) -> None:
    known, unknown = (sign_in(cast.app.test_client(), who, WRONG) for who in ("anna", "nobody"))
    assert known.status_code == unknown.status_code == 401
    texts = [
        re.sub(r"anna@|nobody@|content=\"[^\"]*\"|value=\"I[^\"]*\"", "", a.text)
        for a in (known, unknown)
    ]
    assert texts[0] == texts[1]


def test_an_unknown_person_costs_the_same_slow_hash(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = passwords._verify
    monkeypatch.setattr(
        passwords, "_verify", lambda kept, text: hashed.append(kept) or verify(kept, text)
    )
    sign_in(cast.app.test_client(), "nobody", WRONG)
    sign_in(cast.app.test_client(), "anna", WRONG)
    assert len(hashed) == 2
    assert hashed[0].split("$")[:4] == hashed[1].split("$")[:4], "the same kind and cost of hash"


def test_someone_deactivated_cannot_sign_in(cast: Cast) -> None:
    with cast.database.write() as connection:
        accounts.deactivate(connection, cast.person_ids["anna"], NOW)
    assert sign_in(cast.app.test_client()).status_code == 401


def test_a_password_of_four_kilobytes_is_refused_before_it_is_hashed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "is_right", lambda *_: pytest.fail("it was hashed"))
    assert sign_in(cast.app.test_client(), password="x" * 4096).status_code == 400


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb", ""],
)
def test_a_sign_in_leads_nowhere_but_to_this_site(cast: Cast, address: str) -> None:
    answer = sign_in(cast.app.test_client(), next=address)
    assert answer.headers["Location"] == "/"


def test_a_closed_page_is_reached_after_signing_in(cast: Cast) -> None:
    client = cast.app.test_client()
    turned_away = client.get("/you?done=saved")
    assert turned_away.headers["Location"] == "/sign-in?next=/you?done%3Dsaved"
    assert 'value="/you?done=saved"' in client.get(turned_away.headers["Location"]).text
    assert sign_in(client, next="/you?done=saved").headers["Location"] == "/you?done=saved"


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(cast: Cast) -> None:
    answer = cast.app.test_client().get("/you", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


# --- staying in


def test_a_copied_cookie_is_worth_nothing_after_signing_out(cast: Cast) -> None:
    client, thief = cast.app.test_client(), cast.app.test_client()
    sign_in(client)
    thief.set_cookie(access.SESSION_COOKIE, session_cookie(client))
    assert is_in(thief)
    client.post("/sign-out")
    assert not is_in(thief)


def test_a_session_ends_after_twelve_idle_hours_but_not_while_it_is_used(cast: Cast) -> None:
    client = cast.client_of("anna")
    for hours in (11, 22, 33):
        with clock.stopped_at(NOW + timedelta(hours=hours)):
            assert is_in(client)
    with clock.stopped_at(NOW + timedelta(hours=33 + 12, minutes=1)):
        assert not is_in(client)


def test_a_session_ends_after_thirty_days_however_much_it_is_used(cast: Cast) -> None:
    client = cast.client_of("anna")
    for hours in range(11, 30 * 24, 11):
        with clock.stopped_at(NOW + timedelta(hours=hours)):
            assert is_in(client)
    with clock.stopped_at(NOW + timedelta(days=30, minutes=1)):
        assert not is_in(client)


@pytest.mark.parametrize("change", ["role", "password", "deactivated", "everywhere"])
def test_a_change_of_rights_ends_every_session_and_tells_the_sockets(
    cast: Cast, change: str
) -> None:
    client, other, bo = cast.client_of("anna"), cast.client_of("anna"), cast.client_of("bo")
    with cast.database.write() as connection:
        before, anna = outbox.last_sequence(connection), cast.person_ids["anna"]
        match change:
            case "role":
                accounts.set_role(connection, anna, "manager", NOW)
            case "password":
                accounts.set_password(connection, anna, "x", NOW)
            case "deactivated":
                accounts.deactivate(connection, anna, NOW)
            case "everywhere":
                accounts.end_sessions(connection, anna, NOW)
    assert not is_in(client)
    assert not is_in(other)
    assert is_in(bo)
    with cast.database.read() as connection:
        changes = outbox.changes_after(connection, before)
    anna_is_told, wall_is_told = (cast.payee_ids["anna"], None), (None, cast.team_ids["North"])
    told = [anna_is_told, wall_is_told] if change == "deactivated" else [anna_is_told]
    assert [(one.payee_id, one.team_id) for one in changes] == told
    assert {one.kind for one in changes} == {"access"}


def test_a_rep_made_manager_is_read_anew_at_every_request(cast: Cast) -> None:
    client = cast.client_of("mette")
    assert client.get("/screens").status_code == 200
    with cast.database.write() as connection:
        people.change_person(connection, cast.person_ids["mette"], role="rep")
    assert client.get("/screens").status_code == 403


# --- the throttle


def test_the_eleventh_try_waits_even_with_the_right_password_and_says_until_when(
    cast: Cast,
) -> None:
    for _ in range(attempts.FAILURES_PER_ACCOUNT):
        assert sign_in(cast.app.test_client(), password=WRONG).status_code == 401
    held = sign_in(cast.app.test_client())
    assert held.status_code == 429
    assert "Try again in 15 minutes" in held.text
    assert int(held.headers["Retry-After"]) == 15 * 60
    assert sign_in(cast.app.test_client(), "bo").status_code == 303, "another account is free"
    with clock.stopped_at(NOW + timedelta(minutes=15)):
        assert sign_in(cast.app.test_client()).status_code == 303


def test_waiting_tries_do_not_push_the_wait_ahead(cast: Cast) -> None:
    for _ in range(attempts.FAILURES_PER_ACCOUNT):
        sign_in(cast.app.test_client(), password=WRONG)
    for minutes in range(1, 15):
        with clock.stopped_at(NOW + timedelta(minutes=minutes)):
            assert sign_in(cast.app.test_client()).status_code == 429
    with clock.stopped_at(NOW + timedelta(minutes=16)):
        assert sign_in(cast.app.test_client()).status_code == 303


def test_a_made_up_forwarding_address_does_not_widen_the_limit(cast: Cast) -> None:
    statuses = [
        cast.app.test_client()
        .post(
            "/sign-in",
            data={"email": "anna@firma.dk", "password": WRONG},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        .status_code
        for number in range(attempts.FAILURES_PER_ACCOUNT + 5)
    ]
    assert statuses.count(401) == attempts.FAILURES_PER_ACCOUNT


def test_one_network_cannot_go_through_all_accounts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "is_right", lambda *_: False)
    statuses = [
        sign_in(cast.app.test_client(), f"guess{number}", WRONG).status_code
        for number in range(attempts.FAILURES_PER_NETWORK + 3)
    ]
    assert statuses.count(401) == attempts.FAILURES_PER_NETWORK
    assert statuses[-3:] == [429] * 3


def test_an_address_counts_only_as_far_as_the_known_proxies_vouch_for_it(tmp_path) -> None:
    from tests.cast import make_cast
    from tracker.pages.sign_in import network_of

    cast = make_cast(tmp_path, TRACKER_TRUSTED_PROXIES="1")
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    with cast.app.test_client() as client:
        client.get("/sign-in", headers=headers)
        from flask import request

        assert network_of(request.remote_addr) == "203.0.113.9"
    assert network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    cast.database.dispose()


def test_guesses_at_the_same_moment_share_one_count(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(passwords, "is_right", lambda _kept, text: looked_at.append(text) or False)
    threads = [
        threading.Thread(target=lambda: sign_in(cast.app.test_client(), password=WRONG))
        for _ in range(25)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) <= attempts.FAILURES_PER_ACCOUNT


# --- links


def make_link(cast: Cast, who: str = "anna", is_reusable: bool = False) -> str:
    with cast.database.write() as connection:
        person_id = cast.person_ids[who]
        return links.make_sign_in_link(connection, person_id, NOW + timedelta(days=1), is_reusable)


def test_a_link_signs_in_once_and_only_when_pressed(cast: Cast) -> None:
    address, client = f"/link/{make_link(cast)}", cast.app.test_client()
    for _ in range(3):
        assert "Hello, Anna Lund" in client.get(address).text, "a mail scanner uses nothing up"
    assert not is_in(client)
    assert client.post(address).status_code == 303
    assert is_in(client)
    assert cast.app.test_client().post(address).status_code == 404
    assert cast.app.test_client().get(address).status_code == 404


def test_a_link_helps_who_has_lost_the_password_and_ends_the_old_one(cast: Cast) -> None:
    elsewhere, client = cast.client_of("anna"), cast.app.test_client()
    client.post(f"/link/{make_link(cast)}")
    assert not is_in(elsewhere)
    assert 'name="old_password"' not in client.get("/you").text
    assert sign_in(cast.app.test_client()).status_code == 401, "the lost password is worth nothing"
    client.post("/you/password", data={"new_password": "an even better sentence"})
    assert sign_in(cast.app.test_client(), password="an even better sentence").status_code == 303


def test_a_link_runs_out(cast: Cast) -> None:
    address = f"/link/{make_link(cast)}"
    with clock.stopped_at(NOW + timedelta(days=1, seconds=1)):
        assert cast.app.test_client().get(address).status_code == 404


def test_a_reusable_link_signs_in_at_once_and_again(cast: Cast) -> None:
    address = f"/link/{make_link(cast, is_reusable=True)}"
    for _ in range(2):
        client = cast.app.test_client()
        assert client.get(address).status_code == 303
        assert is_in(client)


# --- the first administrator


@pytest.fixture
def fresh(cast: Cast) -> tuple[Cast, str]:
    """A company in which nobody can sign in yet, and the token of its setup link."""
    with cast.database.write() as connection:
        for name in ("session", "one_time_link", "screen", "team_manager", "person"):
            connection.execute(metadata.tables[name].delete())
        return cast, links.make_setup_link(connection, NOW + timedelta(days=7))


ADMIN = {"name": "Eva First", "email": "Eva@Firma.dk", "password": "four quite plain words"}


def test_the_setup_link_makes_the_first_administrator_and_is_gone_for_ever(
    fresh: tuple[Cast, str],
) -> None:
    cast, token = fresh
    client = cast.app.test_client()
    assert client.get(f"/setup/{token}").status_code == 200
    assert client.post(f"/setup/{token}", data=ADMIN).status_code == 303
    assert client.get("/company").status_code == 200
    assert cast.app.test_client().get(f"/setup/{token}").status_code == 404
    with cast.database.write() as connection:
        another = links.make_setup_link(connection, NOW + timedelta(days=7))
    assert cast.app.test_client().get(f"/setup/{another}").status_code == 404
    assert cast.app.test_client().post(f"/setup/{another}", data=ADMIN).status_code == 404


def test_without_the_link_nobody_becomes_administrator(fresh: tuple[Cast, str]) -> None:
    cast, _token = fresh
    assert cast.app.test_client().post("/setup/guess", data=ADMIN).status_code == 404
    assert sign_in(cast.app.test_client(), "admin", "admin").status_code == 401
    with cast.database.read() as connection:
        assert people.people(connection) == []


def test_of_claims_at_the_same_moment_one_wins(fresh: tuple[Cast, str]) -> None:
    cast, token = fresh
    statuses: list[int] = []

    def claim(number: int) -> None:
        form = ADMIN | {"email": f"eva{number}@firma.dk"}
        statuses.append(cast.app.test_client().post(f"/setup/{token}", data=form).status_code)

    threads = [threading.Thread(target=claim, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [404] * 7
    with cast.database.read() as connection:
        assert len(people.people(connection)) == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "at least 12 characters"),
        ("password", "password1234567890", "easy to guess"),
        ("password", "evafirstevafirst", "easy to guess"),
        ("password", "qwertyuiop123456", "easy to guess"),
        ("password", "x" * 2000, "shorter"),
        ("email", "eva", "such as ida@firma.dk"),
        ("name", "", "your name"),
        ("name", "E\u0000va", "your name"),
    ],
)
def test_a_bad_first_administrator_is_told_what_to_change_and_uses_nothing_up(
    fresh: tuple[Cast, str], field: str, value: str, said: str
) -> None:
    cast, token = fresh
    answer = cast.app.test_client().post(f"/setup/{token}", data=ADMIN | {field: value})
    assert answer.status_code == 400
    assert said in answer.text
    assert cast.app.test_client().post(f"/setup/{token}", data=ADMIN).status_code == 303


# --- forms from elsewhere


def csrf_token(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found
    return found[1]


def test_a_form_without_its_token_changes_nothing(cast: Cast) -> None:
    cast.app.config["WTF_CSRF_ENABLED"] = True
    client = cast.client_of("anna")
    posts = [
        rule.rule
        for rule in cast.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    ]
    assert len(posts) > 5
    for address in posts:
        one_of_several = re.sub(r"<any\((\w+)[^)]*\):[^>]*>", r"\1", address)
        concrete = re.sub(r"<[^>]*>", "1", one_of_several)
        assert client.post(concrete, data={}).status_code == 400, address
    assert is_in(client)


def test_a_form_with_its_token_is_taken_in_a_field_or_a_header(cast: Cast) -> None:
    cast.app.config["WTF_CSRF_ENABLED"] = True
    client = cast.app.test_client()
    assert sign_in(client, csrf_token=csrf_token(client, "/sign-in")).status_code == 303
    token = csrf_token(client, "/you")
    assert client.post("/sign-out", headers={"X-CSRFToken": token}).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
    ],
)
def test_a_change_must_come_from_our_own_pages(
    cast: Cast, headers: dict[str, str], status: int
) -> None:
    answer = cast.client_of("anna").post("/sign-out", headers=headers)
    assert answer.status_code == status
    assert ("This form came from another site" in answer.text) is (status == 403)


# --- the person's own page


def test_language_and_theme_are_the_persons_own(cast: Cast) -> None:
    client = cast.client_of("anna", accept_language="sv")
    assert "Språk" in client.get("/you").text
    client.post("/you/choices", data={"locale": "da", "theme": "dark", "is_on_wall": "yes"})
    page = client.get("/you").text
    assert "Sprog" in page
    assert 'data-theme="dark"' in page
    assert '<html lang="da"' in page


def test_a_closed_door_speaks_the_browsers_language(cast: Cast) -> None:
    client = cast.app.test_client()
    assert "Log ind" in client.get("/sign-in", headers={"Accept-Language": "da-DK,da"}).text
    assert "Logga in" in client.get("/sign-in", headers={"Accept-Language": "sv"}).text
    assert "Her er ikke noget" in client.get("/nope", headers={"Accept-Language": "da"}).text


def test_consent_to_the_wall_is_given_and_taken_back(cast: Cast) -> None:
    client = cast.client_of("bo")
    for is_on_wall in (True, False):
        form = {"theme": "auto", **({"is_on_wall": "yes"} if is_on_wall else {})}
        client.post("/you/choices", data=form)
        with cast.database.read() as connection:
            found = people.people_on_wall(connection, cast.team_ids["North"])
            newest = outbox.last_sequence(connection)
            change = outbox.changes_after(connection, newest - 1)[0]
        assert ("Bo Dahl" in {person.name for person in found}) is is_on_wall
        assert change.team_id == cast.team_ids["North"], "the wall hears of it"


def test_more_than_the_offered_choices_cannot_be_set(cast: Cast) -> None:
    client = cast.client_of("anna")
    client.post(
        "/you/choices",
        data={"role": "admin", "payee_id": "2", "locale": "xx", "theme": "evil", "is_active": ""},
    )
    with cast.database.read() as connection:
        anna = people.person(connection, cast.person_ids["anna"])
    assert anna is not None
    assert (anna.role, anna.payee_id, anna.is_active) == ("rep", cast.payee_ids["anna"], True)
    assert (anna.locale, anna.theme) == (None, "auto")


def test_a_new_password_needs_the_old_one_and_signs_other_places_out(cast: Cast) -> None:
    client, elsewhere = cast.client_of("anna"), cast.client_of("anna")
    new = "an even better sentence"
    form = {"old_password": WRONG, "new_password": new}
    assert client.post("/you/password", data=form).status_code == 400
    assert is_in(elsewhere)
    form["old_password"] = PASSWORD
    assert client.post("/you/password", data=form).status_code == 303
    assert is_in(client)
    assert not is_in(elsewhere)
    assert sign_in(cast.app.test_client(), password=new).status_code == 303


def test_guesses_at_the_old_password_count_like_those_at_the_door(cast: Cast) -> None:
    client = cast.client_of("anna")
    form = {"old_password": WRONG, "new_password": "an even better sentence"}
    for _guess in range(attempts.FAILURES_PER_ACCOUNT):
        assert "The old password is not right." in client.post("/you/password", data=form).text
    refused = client.post("/you/password", data=form | {"old_password": PASSWORD})
    assert refused.status_code == 400
    assert "There were too many tries." in refused.text


def test_somebody_who_neither_sells_nor_manages_has_a_page_to_come_to(cast: Cast) -> None:
    client = cast.client_of("mette")
    with cast.database.write() as connection:
        people.change_person(connection, cast.person_ids["mette"], role="rep")
    assert client.get("/").headers["Location"] == "/you"
    page = client.get("/you").text
    assert 'href="/team"' not in page
    assert 'href="/me"' not in page


def test_everyone_sees_where_they_are_signed_in_and_can_leave_everywhere(cast: Cast) -> None:
    here, there = cast.client_of("anna"), cast.client_of("anna")
    page = here.get("/you").text
    assert page.count("last used") == 2
    assert page.count("<strong>Here</strong>") == 1
    here.post("/you/sign-out-everywhere")
    assert not is_in(here)
    assert not is_in(there)
    with cast.database.read() as connection:
        assert sessions.live_sessions_of(connection, cast.person_ids["anna"], NOW) == []


def test_only_an_administrator_makes_the_companys_choices(cast: Cast) -> None:
    for who in ("anna", "mette"):
        assert (
            cast.client_of(who).post("/company", data={"managers_see_pay": "yes"}).status_code
            == 403
        )
    cast.client_of("ida").post("/company", data={"managers_see_pay": "yes"})
    with cast.database.read() as connection:
        assert people.setting(connection, access.MANAGERS_SEE_PAY, "no") == "yes"
