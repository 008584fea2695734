"""The broker away: the web goes on as if nothing were, and nothing of what it promised is lost or told twice."""

from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.chaos.calamity import SWEEP
from tests.documents import samples
from tests.journeys.stranger import text_of, today


def test_the_web_goes_on_without_a_broker_and_everything_is_told_once_it_is_back(
    portal, desk, harbour, paper, draft, mark
):
    audited = next(one["reference"] for one in desk.every("/cases?stage=photo") if not one["on_hold"])
    before = len(desk.every(f"/notifications?case={audited}"))
    quiet, content = f"q-{mark}@quiet.example", samples.small_jpeg((333, 222))
    bo = Visitor(portal)
    assert bo.sign_in("client@lotus.example", "portal-demo")[0] == 200

    portal.stop("valkey")
    status, health = portal.get("/healthz")
    changed = harbour.patch(f"/cases/{draft['reference']}", {"site": {"note": "Written without a broker."}})
    moved = desk.move(audited, "finish_photo", data={"photo_way": "app", "done_on": today()})
    invited = desk.post("/clients", {"name": "Quiet Ltd", "contact": {"name": "Q", "email": quiet}})
    document = harbour.send(paper, "quiet.jpg", content, "image/jpeg")
    pages = [bo.get(path)[0] for path in ("/", "/notifications/", "/seen/")]
    late = Visitor(portal).sign_in("client@lotus.example", "portal-demo")
    portal.start("valkey")

    assert status == 503
    assert b'"broker"' in health
    assert (changed.status, invited.status, moved["stage"]) == (200, 201, "miit_review")
    assert pages == [200, 200, 200]  # whoever is in stays in
    assert late[0] == 200 or (late[0] == 503 and "Try again" in late[1])  # uncounted, nobody comes in
    assert harbour.checked(document, SWEEP)["state"] == "available"
    portal.wait_until(lambda: portal.mails(quiet), SWEEP, 0.3)
    domain = desk.case(audited)["domain"]["name"]

    def mails() -> list:
        return [one for one in portal.mails() if "24 hours" in one["Subject"] and domain in one["Subject"]]

    portal.wait_until(mails, SWEEP, 0.3)
    portal.wait_until(lambda: not _waiting(portal), SWEEP, 0.3)
    assert len(portal.mails(quiet)) == 1
    told = desk.every(f"/notifications?case={audited}")[: -before or None]
    assert len({(one["kind"], one["to"], one["channel"]) for one in told}) == len(told)
    by_address = [one["X-Envelope-To"] for one in mails()]
    assert len(by_address) == len(set(by_address)), [text_of(one) for one in mails()]


def _waiting(portal) -> list:
    return portal.sql("SELECT id FROM cases_caseevent WHERE relayed_at IS NULL")


class Visitor:
    """A browser without scripts."""

    def __init__(self, portal) -> None:
        self.url = portal.url
        self.cookies = HTTPCookieProcessor()
        self.browser = build_opener(self.cookies)

    def get(self, path: str) -> tuple[int, str]:
        return self._answer(Request(self.url + path))

    def sign_in(self, address: str, password: str) -> tuple[int, str]:
        """Through the form; the page it leads to."""
        status, text = self.get("/accounts/login/")
        if status != 200:
            return status, text
        token = next(one.value for one in self.cookies.cookiejar if one.name == "csrf")
        given = {"login": address, "password": password, "csrfmiddlewaretoken": token}
        login = f"{self.url}/accounts/login/"
        return self._answer(Request(login, urlencode(given).encode(), {"Referer": login}))

    def _answer(self, asked: Request) -> tuple[int, str]:
        try:
            with self.browser.open(asked, timeout=60) as page:
                return page.status, page.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()
