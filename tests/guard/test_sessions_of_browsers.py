"""Cookies, and slowing down who guesses, through the sign-in form (R-9, R-18; T-9)."""

from http.cookies import SimpleCookie

import httpx
import pytest

from services import sessions
from tests import sites
from tests.guard.conftest import HTTPS
from tests.sites import Site


def sign_in(
    site: Site,
    email: str = "bruno@exemple.fr",
    password: str = sites.PASSWORD,
    *,
    address: str = "192.0.2.1",
    origin: str = "",
    cookie: str = "",
) -> httpx.Response:
    """Send the form as a browser behind our proxy does."""
    headers = {"Origin": origin or site.url, "X-Forwarded-For": address}
    if cookie:
        headers["Cookie"] = cookie
    data = {"email": email, "password": password}
    return httpx.post(f"{site.url}/login", data=data, headers=headers)


def test_signing_in_gives_a_new_cookie_and_ends_the_one_that_was_there(site: Site) -> None:
    planted = site.session_of("driss")

    answer = sign_in(site, cookie=f"appticket={planted}")

    assert answer.status_code == 303
    assert answer.cookies["appticket"] != planted
    assert len(answer.cookies["appticket"]) >= 43
    assert site.read(lambda s: sessions.find(s, planted)) is None
    again = httpx.get(f"{site.url}/", cookies={"appticket": planted})
    assert again.headers["location"] == "/login"


def test_a_cookie_somebody_made_up_is_not_adopted(site: Site) -> None:
    answer = sign_in(site, cookie=f"appticket={'f' * 43}")

    assert answer.cookies["appticket"] != "f" * 43
    assert sign_in(site).cookies["appticket"] != answer.cookies["appticket"]


def test_the_cookie_is_for_the_server_alone(site: Site, https_site: Site) -> None:
    plain = SimpleCookie(sign_in(site).headers["set-cookie"])["appticket"]
    secure = SimpleCookie(sign_in(https_site, origin=HTTPS).headers["set-cookie"])

    assert list(secure) == ["__Host-appticket"]
    for cookie in (plain, secure["__Host-appticket"]):
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
        assert cookie["max-age"] == ""
    assert secure["__Host-appticket"]["secure"]
    assert not plain["secure"]


def test_signing_out_ends_the_session_and_takes_the_cookie_away(site: Site) -> None:
    token = sign_in(site).cookies["appticket"]
    cookies, headers = {"appticket": token}, {"Origin": site.url}
    assert httpx.get(f"{site.url}/queue", cookies=cookies).status_code == 200

    answer = httpx.post(f"{site.url}/logout", cookies=cookies, headers=headers)

    assert 'appticket=""' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    again = httpx.get(f"{site.url}/queue", cookies=cookies)
    assert (again.status_code, again.headers["location"][:6]) == (303, "/login")


def test_whoever_is_sent_to_sign_in_on_the_way_learns_why(site: Site) -> None:
    with httpx.Client(base_url=site.url, follow_redirects=True) as stranger:
        asked, by_choice = stranger.get("/queue?view=all"), stranger.get("/login")

    assert "Connectez-vous pour continuer." in asked.text
    assert "Connectez-vous pour continuer." not in by_choice.text


@pytest.mark.parametrize("email", ["lea@exemple.fr", "nobody@exemple.fr"])
def test_an_account_slows_down_whoever_guesses_known_or_not(site: Site, email: str) -> None:
    if email.startswith("lea"):
        site.add("Léa", email)
    address = f"198.51.100.{len(email)}"
    refused = {sign_in(site, email, "raté", address=address).text for _ in range(5)}

    slowed = sign_in(site, email, sites.PASSWORD, address="203.0.113.7")

    assert len({text.replace(email, "") for text in refused}) == 1
    assert slowed.status_code == 422
    assert "appticket" not in slowed.cookies
    assert slowed.text not in refused
    assert sign_in(site, address=address).status_code == 303


def test_an_address_slows_down_whatever_account_it_tries(site: Site) -> None:
    for n in range(20):
        sign_in(site, f"guess{n}@exemple.fr", "raté", address="198.51.100.99")

    assert sign_in(site, address="198.51.100.99").status_code == 422
    assert sign_in(site, address="198.51.100.98").status_code == 303


def test_a_password_of_a_megabyte_costs_nothing(site: Site) -> None:
    answer = sign_in(site, "bruno@exemple.fr", "x" * 500_000, address="198.51.100.55")

    assert answer.status_code == 422
