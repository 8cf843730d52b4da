"""Teams install the app at the bot's address, speak to it, and take it out; the bot is a real process."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.stories.slack.conftest import Desk
from tests.support.databases import with_tables
from tests.support.nursery import Nursery
from tests.support.slack import Team, acme
from tests.support.slack_front import CHANNEL, ME, OWNER, buttons, office, said
from tests.support.slack_oauth import CLIENT_SECRET, Oauth
from tests.support.slack_people import modal
from tests.support.waiting import wait

URL = "https://arb.acme.example"


@dataclass
class Page:
    """What a browser is shown."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def cookie(self) -> str:
        return self.headers["set-cookie"].partition(";")[0]


@dataclass
class House(Desk):
    """A bot that teams install."""

    oauth: Oauth | None = None

    def get(self, path: str, cookie: str = "", language: str = "en-US,en;q=0.9") -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.office.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": language})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Page(answer.status, headers, answer.read().decode())
        finally:
            connection.close()

    def install(self, team: Team, user: str = OWNER, language: str = "en") -> Page:
        """Do what somebody does who installs."""
        assert self.oauth is not None
        start = self.get("/slack/install")
        back = self.oauth.agree(start.headers["location"], team, user)
        return self.get(f"/slack/oauth_redirect?code={back['code']}&state={back['state']}", start.cookie, language)


@pytest.fixture(scope="module")
def house(beds: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("slack-install")
    with_tables(folder / "home")
    with office("http") as there:
        oauth = Oauth(there.stand)
        may = "T0ACME,T0TWO,E0ORG"
        env = oauth.env(ARB_SLACK_BOT_TOKEN="", ARB_PUBLIC_URL=URL, ARB_SLACK_TEAMS=may, ARB_LOG_LEVEL="INFO")
        found = House(there, beds, folder, env, oauth=oauth)
        try:
            found.start()
            yield found
        finally:
            if found.child is not None:
                found.child.kill()


def test_a_team_installs_and_speaks(house: House) -> None:
    """Its own token answers; who installed owns the workspace; no secret lies open or is logged."""
    page = house.install(house.office.team)
    assert (page.status, "The bot is in Acme &amp; &lt;Söhne&gt;" in page.text) == (200, True)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "owner" in house.say("/arb me").text()
    other = house.office.join("U0LEE", "lee", "Lee")
    assert "viewer" in house.say("/arb me", other).text()
    assert len(house.office.stand.calls("users.info")) >= 2
    seen = house.log() + page.text
    kept = b"".join(file.read_bytes() for file in house.home.glob("arb.db*"))
    for secret in (house.office.team.token, *house.oauth.refresh, CLIENT_SECRET):  # type: ignore[union-attr]
        assert secret not in seen
        assert secret.encode() not in kept


def test_the_way_there(house: House) -> None:
    """To Slack, with the least scopes, and a cookie that nothing else reads."""
    page = house.get("/slack/install")
    assert page.status == 302
    assert page.headers["location"].startswith(f"http://127.0.0.1:{house.office.stand.port}/oauth/v2/authorize?")
    assert "redirect_uri=https%3A%2F%2Farb.acme.example%2Fslack%2Foauth_redirect" in page.headers["location"]
    assert "user_scope" not in page.headers["location"]
    attributes = {one.strip().lower() for one in page.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/slack", "max-age=600"} <= attributes


def test_in_korean(house: House) -> None:
    page = house.install(house.office.team, language="ko-KR,ko;q=0.9,en;q=0.8")
    assert '<html lang="ko">' in page.text
    assert "봇이 설치되었습니다" in page.text
    assert "다른 곳에서 시작한 설치입니다" in house.get("/slack/oauth_redirect", language="ko").text


def test_what_is_not_an_installation(house: House) -> None:
    """Cancelled, twice, in another browser, made up, for a team that may not: a page says what to do."""
    oauth, team = house.oauth, acme("xoxb-none", "T0EVIL")
    assert oauth is not None
    start, other = house.get("/slack/install"), house.get("/slack/install")
    back = oauth.agree(start.headers["location"], house.office.team, OWNER)
    here = f"/slack/oauth_redirect?code={back['code']}&state={back['state']}"
    asked = len(house.office.stand.calls("oauth.v2.access"))
    for cookie in ("", other.cookie, "arb_install=made-up", "arb_install=%00\xff"):
        assert house.get(here, cookie).status == 400
    for path in ("", "?state=", "?code=x", f"?code=x&state={'y' * 3000}", f"?state={back['state']}%00"):
        assert house.get(f"/slack/oauth_redirect{path}", start.cookie).status == 400
    assert len(house.office.stand.calls("oauth.v2.access")) == asked, "Slack is asked for none of them"
    assert house.get(here, start.cookie).status == 200
    assert house.get(here, start.cookie).status == 400
    cancelled = house.get("/slack/install")
    state = oauth.agree(cancelled.headers["location"], team, OWNER)["state"]
    page = house.get(f"/slack/oauth_redirect?error=access_denied&state={state}", cancelled.cookie)
    assert (page.status, "Nothing was installed" in page.text) == (200, True)
    wrong = house.get("/slack/install")
    state = oauth.agree(wrong.headers["location"], team, OWNER)["state"]
    page = house.get(f"/slack/oauth_redirect?code=made-up&state={state}", wrong.cookie)
    assert (page.status, "invalid_code" in page.text, "/slack/install" in page.text) == (502, True, True)
    page = house.install(team)
    assert (page.status, "T0EVIL" in page.text, "ARB_SLACK_TEAMS" in page.text) == (403, True, True)
    assert (oauth.left, house.count("workspaces where account = 'T0EVIL'")) == (["T0EVIL"], 0)


@pytest.fixture
def whole(house: House) -> Iterator[House]:
    """Have an organisation install the app for all its teams."""
    assert house.oauth is not None
    house.oauth.whole = house.office.whole = "E0ORG"
    yield house
    house.oauth.whole = house.office.whole = ""


def test_an_organisation_installs_it_for_all_its_teams(whole: House) -> None:
    """One token, and a workspace for each team that speaks; taken out, it is taken out of all of them."""
    office, stand = whole.office, whole.office.stand
    ora = office.join("U0ORA", "ora", "Ora")
    page = whole.install(office.team, ora)
    assert (page.status, "The bot is in Acme Org" in page.text) == (200, True)
    assert "owner" in whole.say("/arb me", ora).text()
    assert "Target set" in whole.say("/target set commits >= 5", ora).text()
    shown = whole.say("/arb help", ora).shown[0]
    pressed = office.press(ora, next(iter(buttons(shown).values())))
    assert modal(office, pressed)["submit"]["text"] == "Submit"
    before = len(office.team.ephemerals)
    office.write(ora, f"<@{ME}> target list")
    wait(lambda: len(office.team.ephemerals) > before)
    assert "commits" in said(office.team.ephemerals[-1]).lower()
    other = office.answered(office.command(ora, "/target", "list", team_id="T0OTHER"))
    assert "commits" not in other.text().lower()
    teams = "workspaces where platform = 'slack' and account in ('E0ORG.T0ACME', 'E0ORG.T0OTHER')"
    kept = "installations i join workspaces w on w.id = i.workspace_id where"
    tokens = f"{kept} i.tokens not null and w.account = 'E0ORG'"
    closed = "places where account like 'E0ORG.%' and closed not null"
    assert (whole.count(teams), whole.count(tokens), whole.count(closed)) == (2, 1, 0)
    assert whole.count(f"{kept} w.account like 'E0ORG.%'") == 0
    office.team.revoked = "account_inactive"
    asked = len(stand.asked)
    office.event({"type": "app_uninstalled"})
    wait(lambda: (whole.count(tokens), whole.count(closed)) == (0, 2))
    assert len([one for one in stand.asked[asked:] if one[0] == "auth.test"]) == 1
    assert whole.install(office.team, ora).status == 200
    assert (whole.count(tokens), whole.count(closed)) == (1, 0)
    assert "commits" in whole.say("/target list", ora).text().lower()


def test_taken_out_and_let_in_again(house: House) -> None:
    """Its tokens are forgotten, its channels rest, its owner is told where he is still known; then all is as before."""
    stand, two = house.office.stand, next((t for t in house.office.stand.teams if t.id == "T0TWO"), None)
    two = two or acme("xoxb-none", "T0TWO")
    assert house.install(two).status == 200
    assert house.install(house.office.team).status == 200
    house.say("/destination add slack channel=#eng")
    open_ = (
        "installations i join workspaces w on w.id = i.workspace_id where w.account = 'T0ACME' and i.tokens not null"
    )
    paused = "destinations where account = 'T0ACME' and paused not null"
    asked = len(stand.calls("auth.test"))
    house.office.event({"type": "app_uninstalled"})
    wait(lambda: len(stand.calls("auth.test")) > asked)
    assert house.count(open_) == 1, "Slack still takes the token: nobody took the app out"
    house.office.event({"type": "tokens_revoked", "tokens": {"oauth": ["U0LEE"], "bot": []}})
    house.office.team.revoked = "account_inactive"
    before = len(stand.asked)
    house.office.event({"type": "app_uninstalled"})
    house.office.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}})
    wait(lambda: house.count(open_) == 0 and house.count(paused) == 1)
    wait(lambda: any("taken out of a Slack workspace" in text for text in two_texts(two)))
    assert len([one for one in stand.asked[before:] if one[0] == "auth.test"]) <= 2
    assert house.install(house.office.team).status == 200
    assert (house.count(open_), house.count(paused)) == (1, 0)
    assert "owner" in house.say("/arb me", channel=CHANNEL).text()


def two_texts(team: Team) -> list[str]:
    """Return what the owner is told alone."""
    return [one["text"] for one in team.posted(f"D{OWNER[1:]}")]


def test_the_doctor_sees_all_teams(house: House) -> None:
    """For who runs the bot: each with its token and scopes; no secret."""
    assert house.install(house.office.team).status == 200
    env = {**house.env(), "ARB_HTTP_PORT": ""}
    done = house.beds.start("bot.cli", "doctor", env=env, cwd=house.folder).wait()
    assert "Slack T0ACME" in done.stdout
    assert "The app has every scope that it needs." in done.stdout
    assert "CANARY" not in done.stdout + done.stderr
    shown = house.say("/arb doctor").text()
    assert "T0TWO" not in shown, "a team sees itself alone"
    assert "T0ACME" in shown
