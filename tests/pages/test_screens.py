"""A wall shows a code, a manager confirms it, and the wall is a wall until somebody removes it."""

import re
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tracker import access, clock
from tracker.store import outbox, screens
from tracker.store.screens import CODE_ALPHABET, CODE_LENGTH


def code_on(device: FlaskClient) -> str:
    """The code an unpaired wall shows."""
    page = device.get("/screen/pairing").text
    halves = re.search(r'class="pairing-code"[^>]*><span>(\w+)</span> <span>(\w+)</span>', page)
    assert halves
    return halves[1] + halves[2]


def pair(manager: FlaskClient, code: str, team_id: int = 1, name: str = "Sales floor"):
    form = {"code": code, "name": name, "team_id": str(team_id)}
    return manager.post("/screens/pair", data=form)


@pytest.fixture
def device(cast: Cast) -> FlaskClient:
    """A television nobody has signed in to."""
    return cast.app.test_client()


@pytest.fixture
def mette(cast: Cast) -> FlaskClient:
    return cast.client_of("mette")


def test_an_unpaired_wall_shows_a_code_and_a_picture_of_where_to_confirm_it(
    device: FlaskClient,
) -> None:
    assert device.get("/screen").headers["Location"] == "/screen/pairing"
    code = code_on(device)
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(CODE_ALPHABET)
    page = device.get("/screen/pairing").text
    assert "<svg" in page
    assert "localhost/screens" in page
    assert "style=" not in page, "the policy would refuse it"


def test_no_two_characters_of_a_code_look_alike() -> None:
    for alike in ("B8", "I1", "O0", "OQ", "S5", "UV", "Z2"):
        assert len(set(alike) & set(CODE_ALPHABET)) <= 1


def test_the_code_stays_while_the_page_asks_again(device: FlaskClient) -> None:
    code = code_on(device)
    assert code_on(device) == code
    assert code[:3] in device.get("/screen/pairing/code", headers={"HX-Request": "true"}).text


def test_a_confirmed_wall_goes_to_its_team_by_itself(
    cast: Cast, device: FlaskClient, mette: FlaskClient
) -> None:
    assert pair(mette, code_on(device)).status_code == 303
    asked = device.get("/screen/pairing/code", headers={"HX-Request": "true"})
    assert asked.headers["HX-Redirect"] == "/screen"
    with cast.database.read() as connection:
        cookie = device.get_cookie(access.SCREEN_COOKIE)
        assert cookie
        principal = access.principal_of_screen(connection, screens.token_hash(cookie.value))
    assert principal
    assert principal.team_id == cast.team_ids["North"]
    assert access.rooms_of(principal) == {
        f"screen:{principal.screen_id}",
        f"team:{principal.team_id}",
    }


def test_the_walls_cookie_outlives_a_power_cut_by_a_year(device: FlaskClient) -> None:
    answer = device.get("/screen/pairing")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if access.SCREEN_COOKIE in c)
    assert f"Max-Age={365 * 24 * 3600}" in cookie
    assert "HttpOnly" in cookie


def test_a_wall_is_no_person(device: FlaskClient, mette: FlaskClient) -> None:
    pair(mette, code_on(device))
    for address in ("/me", "/team", "/you", "/screens"):
        assert device.get(address).headers["Location"].startswith("/sign-in"), address


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{lower}", "{0:.3}-{rest}", "{0:.3} {rest}"])
def test_a_code_is_understood_however_it_is_typed(
    device: FlaskClient, mette: FlaskClient, typed: str
) -> None:
    code = code_on(device)
    text = typed.format(code, lower=code.lower(), rest=code[3:])
    assert pair(mette, text).status_code == 303


def test_a_scanned_code_still_takes_a_press(
    cast: Cast, device: FlaskClient, mette: FlaskClient
) -> None:
    code = code_on(device)
    assert f'value="{code}"' in mette.get(f"/screens/pair?code={code}").text
    assert code_on(device) == code, "nothing has happened yet"


def test_a_code_works_once(cast: Cast, device: FlaskClient, mette: FlaskClient) -> None:
    code = code_on(device)
    pair(mette, code)
    second = pair(mette, code)
    assert second.status_code == 400
    assert "has been used" in second.text


def test_of_two_managers_who_confirm_at_once_one_pairs_the_wall(
    cast: Cast, device: FlaskClient
) -> None:
    code, statuses = code_on(device), []

    def confirm(who: str, team: str) -> None:
        statuses.append(pair(cast.client_of(who), code, cast.team_ids[team]).status_code)

    people = [("mette", "North"), ("sofie", "South")] * 3
    threads = [threading.Thread(target=confirm, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [400] * 5


def test_a_code_runs_out_and_renews_by_itself(device: FlaskClient, mette: FlaskClient) -> None:
    code = code_on(device)
    with clock.stopped_at(NOW + timedelta(minutes=10, seconds=1)):
        refused = pair(mette, code)
        assert refused.status_code == 400
        assert "Codes last ten minutes" in refused.text
        assert code_on(device) != code
        assert pair(mette, code_on(device)).status_code == 303


def test_a_wall_is_paired_only_with_a_team_one_manages(
    cast: Cast, device: FlaskClient, mette: FlaskClient
) -> None:
    code = code_on(device)
    assert pair(mette, code, cast.team_ids["South"]).status_code == 404
    assert pair(mette, code, 999).status_code == 404
    assert pair(cast.client_of("anna"), code).status_code == 403
    assert pair(cast.client_of("ida"), code, cast.team_ids["South"]).status_code == 303


def test_managers_list_rename_calm_and_remove_only_their_own_walls(
    cast: Cast, mette: FlaskClient
) -> None:
    own, other = cast.screen_ids["North"], cast.screen_ids["South"]
    page = mette.get("/screens").text
    assert "North wall" in page
    assert "South wall" not in page
    form = {"name": "Kitchen", "is_calm": "yes"}
    assert mette.post(f"/screens/{other}", data=form).status_code == 404
    assert mette.post(f"/screens/{other}/revoke").status_code == 404
    assert mette.post(f"/screens/{own}", data=form).status_code == 303
    with cast.database.read() as connection:
        changed = screens.screen_by_id(connection, own)
    assert changed
    assert (changed.name, changed.is_calm) == ("Kitchen", True)


def test_a_removed_wall_shows_a_new_code_and_its_socket_hears_of_it(
    cast: Cast, mette: FlaskClient
) -> None:
    wall = cast.client_of("screen of North")
    assert wall.get("/").headers["Location"] == "/screen"
    with cast.database.read() as connection:
        before = outbox.last_sequence(connection)
    mette.post(f"/screens/{cast.screen_ids['North']}/revoke")
    assert wall.get("/screen").headers["Location"] == "/screen/pairing"
    assert pair(mette, code_on(wall)).status_code == 303, "and can be paired again"
    with cast.database.read() as connection:
        changes = outbox.changes_after(connection, before)
    assert ("access", cast.team_ids["North"]) in {(one.kind, one.team_id) for one in changes}


def test_the_list_says_which_walls_are_live(cast: Cast, mette: FlaskClient) -> None:
    assert "not seen yet" in mette.get("/screens").text
    cast.client_of("screen of North").get("/")
    assert '<span class="gain">live</span>' in mette.get("/screens").text
    with clock.stopped_at(NOW + timedelta(minutes=5)):
        assert "offline, last seen 10:30" in mette.get("/screens").text


def test_a_wall_may_be_opened_by_the_link_made_for_it(cast: Cast, device: FlaskClient) -> None:
    answer = device.get(f"/screen/link/{cast.secrets['screen of South']}")
    assert answer.headers["Location"] == "/screen"
    assert device.get("/").headers["Location"] == "/screen"
    assert cast.app.test_client().get("/screen/link/guess").status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 61, "a\u0007b"])
def test_a_bad_name_is_refused_with_what_to_do(
    device: FlaskClient, mette: FlaskClient, name: str
) -> None:
    refused = pair(mette, code_on(device), name=name)
    assert refused.status_code == 400
    assert "Give the screen a name" in refused.text


def test_hostile_names_are_text_and_nothing_else(cast: Cast, device: FlaskClient) -> None:
    name = "<img src=x onerror=alert(1)> hx-get"
    client = cast.client_of("mette")
    pair(client, code_on(device), name=name)
    page = client.get("/screens").text
    assert "<img" not in page
    assert "&lt;img" in page


def test_anybody_may_ask_for_a_code_but_not_for_all_of_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "PAIRINGS_AT_ONCE_MAX", 3)
    statuses = [cast.app.test_client().get("/screen/pairing").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    with clock.stopped_at(NOW + timedelta(minutes=11)):
        assert cast.app.test_client().get("/screen/pairing").status_code == 200
