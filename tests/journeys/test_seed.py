"""The seed's filing by the pages alone: a Shanghai company with a foreign legal representative, at Alibaba Cloud.

Twice: without revenue, read in Chinese, returned by the provider; and with revenue, read in English, rejected by the
bureau. Each is told two reasons on the way.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageDraw

from tests.documents import samples
from tests.journeys.people import Contact, Desk, Person
from tests.journeys.stranger import COMPANY, PASSPORT, Stranger, facts, next_mail, text_of, today
from tests.portal import Portal
from trade import photos
from trade.calls import caller_of
from trade.checks import CHECKS
from trade.clocks import CLOCKS
from trade.commercial import DEMANDS, FOREIGN
from trade.footer import lines
from trade.kinds import PHOTO_WAYS
from trade.packs import label_of, sections_of
from trade.papers import KINDS as PAPERS
from trade.reasons import REASONS

pytestmark = pytest.mark.timeout(600)

JPEG = "image/jpeg"
PHOTOGRAPHED = ("passport", "business_licence", "domain_certificate")
SIGNED = ("verification_form", "name_match_statement")
CODE_CAME = (
    "Thank you: your agency knows that the code came. The code itself was not kept; enter it at "
    "beian.miit.gov.cn."
)


@dataclass
class Filing:
    """One filing and the people who work at it."""

    portal: Portal
    mei: Desk
    client: Contact
    mark: str
    earns: bool

    @property
    def domain(self) -> str:
        return f"{'egret' if self.earns else 'heron'}-{self.mark}.example"

    @property
    def mobile(self) -> str:
        return f"{'1370000' if self.earns else '1390000'}{self.mark}"

    @property
    def icp(self) -> str:
        return f"沪ICP备2026{self.mark}{'04' if self.earns else '03'}号-1"

    @property
    def psb(self) -> str:
        return f"沪公网安备31000002{'77' if self.earns else '66'}{self.mark}号"

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """What the client knows; at first with a name in Latin letters only and a phone in another city."""
        given = facts(domain=self.domain, mobile=self.mobile)
        given["head"] |= {"landline": "010-55550100", "email": self.client.address}
        given["site"] |= {"name": "Heron Trade", "revenue": self.earns}
        return {thing: {f"{thing}-{name}": value for name, value in given[thing].items()} for thing in THINGS}

    def mail(self, *words: str) -> str:
        """The mail to the client that says all this."""

        def says(mail) -> bool:
            told = f"{mail['Subject']} {text_of(mail)}"
            return all(one in told for one in words)

        found = text_of(next_mail(self.portal, self.client.address, about=says))
        self.client.is_spoken_to(found)
        return found

    def runs(self, clock: str) -> bool:
        """Whether the desk reads of this clock that it runs."""
        self.mei.looks_at_the_case()
        names = self.mei.page.locator("section[aria-labelledby=clocks] dt").all_inner_texts()
        return str(CLOCKS[clock].name) in names


THINGS = ("subject", "head", "domain", "site", "server")


def test_without_revenue_it_ends_with_the_police(browser, portal, mark):
    filing = begin(browser, portal, mark, reads="zh-hans", earns=False)
    mei, client = filing.mei, filing.client
    get_it_together(filing)

    # The provider returns it, for a paper and an answer: two tasks, and nothing else, in the client's language.
    hand_in(filing)
    mei.sends_back(
        "return_for_changes",
        {"site_name": "请写明经营的商品。", "id_unclear": "右上角被裁切。"},
        papers={"id_unclear": "Passport"},
    )
    comes_back(filing, ("site_name", "id_unclear"), opened=("Your site", "passport"))
    client.opens_the_task("Your site")
    client.writes("site-name", "燕鸥示例商贸")
    client.clicks("Done with this page")
    client.sends(PAPERS["passport"].name, "again.jpg", JPEG, samples.camera_jpeg((1200, 900)))
    # The form that was signed tells another name now: it is noticed, made anew and signed once more.
    assert "made from older facts" in mei.looks_at_the_case()
    client.opens_the_task(PAPERS["verification_form"].name)
    client.sees("Made from older facts")
    form = client.downloads_the_form()
    assert "燕鸥示例商贸" in text_in(form)
    client.uploads("form again.jpg", JPEG, signed(form))
    for kind in ("passport", "verification_form"):
        mei.accepts(str(PAPERS[kind].name))
    assert "Provider pre-audit" in mei.moves("submit")

    # The face check by the provider's app: its link is for the legal representative alone.
    assert filing.domain in mei.pastes(
        f"【阿里云】您的备案订单 {filing.domain} 初审已通过，请尽快完成真实性核验。"
    )
    mei.confirms()
    face_check_by_the_app(filing)
    mei.moves("finish_photo", photo_way="app", done_on=today())

    # The ministry's code: the client passes the message on, of which no code is kept, and Mei confirms it.
    filing.mail(client.says("An SMS of the ministry is on its way."))
    assert filing.runs("sms_code")
    thanks = client.passes_on(
        "【工信部】您的ICP备案短信核验验证码为246810，请于24小时内登录beian.miit.gov.cn完成短信核验。"
    )
    assert client.says(CODE_CAME) in thanks
    assert "246810" not in thanks
    mei.looks_at_the_case()
    mei.follows(re.compile("Look and confirm"))
    assert "246810" not in mei.reads()
    mei.clicks("Yes, all codes are entered")
    assert filing.runs("miit_review")
    assert not filing.runs("sms_code")

    # The result comes by SMS; the portal reads number and day in it, and nothing moves until Mei says so.
    told = mei.pastes(
        f"【工信部】您的ICP备案申请已通过审核，网站域名：{filing.domain}，备案/许可证编号为{filing.icp}，审核通过日期：{today()}。"
    )
    assert filing.icp in told
    mei.confirms()
    assert filing.runs("psb_filing")
    shows_its_number(filing)

    # The police: handed in by the client on the police's own page, answered by a mail that Mei pastes.
    assert client.says("Your site is licensed.") in client.goes_home()
    client.opens("/psb-filing/")
    client.clicks("It is handed in")
    assert filing.runs("psb_review")
    assert filing.psb in mei.pastes(
        f"公安联网备案平台：{filing.domain} 的公安备案审核通过，公安备案号：{filing.psb}，请悬挂。"
    )
    mei.confirms()
    assert lines(filing.icp, filing.psb)[1].html in filing.mail(filing.psb)
    assert filing.runs("psb_footer")
    assert (
        client.says("That was the last step. Keep both numbers at the foot of your site.")
        in client.goes_home()
    )
    assert client.says("Commercial licence") not in client.reads()
    ends(filing, "psb_filed", came_back="return_for_changes")


def test_with_revenue_it_ends_with_the_commercial_licence(browser, portal, mark):
    filing = begin(browser, portal, mark, reads="en", earns=True)
    mei, client = filing.mei, filing.client
    get_it_together(filing)
    hand_in(filing)

    # The face check at a place, with address, hours and an appointment.
    to_the_ministry(filing)

    # The bureau rejects it: the client passes the SMS on, and Mei names the reasons.
    client.passes_on("【工信部】您的备案申请未通过审核，请联系接入服务商修改后重新提交。")
    assert "The client passed on a message" in mei.looks_at_the_case()
    mei.sends_back(
        "reject",
        {"licence_unclear": "The seal cannot be read.", "site_content_note": "Say what visitors pay for."},
    )
    assert filing.runs("returned_fix")
    comes_back(filing, ("licence_unclear", "site_content_note"), opened=("Your site", "business_licence"))
    client.opens_the_task("Your site")
    client.writes("site-note", "Members read our market reports for a yearly fee.")
    client.clicks("Done with this page")
    client.sends(PAPERS["business_licence"].name, "again.jpg", JPEG, samples.camera_jpeg((1200, 900)))
    mei.accepts("Business licence")
    assert "Provider pre-audit" in mei.moves("submit")
    mei.clicks("Record: pre-audit passed")
    mei.moves("finish_photo", photo_way="photo_place", done_on=today())
    client.goes_home()
    client.opens("/sms-codes/")
    client.page.locator("main form button").last.click()

    # The licence, its number typed as people type it.
    typed = filing.icp.replace("2026", " ２０２６ ")
    mei.moves("grant_licence", icp_number=typed, licensed_on=today())
    mei.sees(f"We read “{typed}” as “{filing.icp}”.")
    shows_its_number(filing)
    mei.does("steps/psb-filing", on=today())
    assert "PSB filed" in mei.moves("file_psb", psb_number=filing.psb, filed_on=today())
    filing.mail(filing.psb)

    commercial_licence(filing)
    ends(filing, "commercial_licensed", came_back="reject")


# ── To the provider ─────────────────────────────────────────────────────────────────────────────────────────────────


def begin(browser, portal, mark: str, *, reads: str, earns: bool) -> Filing:
    """From the question whether it can be filed to a client who has found her tasks."""
    asks_whether_it_can_be_filed(Person(browser, portal, reads), earns=earns)
    name = "egret" if earns else "heron"
    mei = Desk(browser, portal)
    client = Contact(browser, portal, f"tess-{mark}@{name}.example", reads)
    filing = Filing(portal, mei, client, mark, earns)
    mei.signs_in("manager@agency.example")
    mei.adds_a_client(
        f"{name.title()} Example {mark}", "燕鸥示例贸易", "Tess Winter", client.address, reads=reads
    )
    mei.opens_a_case(filing.domain, "Alibaba Cloud", "Shanghai")
    client.comes_in_by_the_invitation()
    home = client.goes_home()
    assert filing.domain in home
    assert client.says("Your tasks") in home
    return filing


def asks_whether_it_can_be_filed(somebody: Person, *, earns: bool) -> None:
    """Six questions without any sign-in, and a yes with its papers and their whys."""
    somebody.goes_to("/accounts/login/")
    somebody.opens("/eligibility/")
    somebody.chooses("mainland")
    somebody.chooses("enterprise")
    somebody.page.locator("main select").select_option("SH")
    somebody.clicks("Go on")
    somebody.chooses("passport")
    somebody.chooses("subject")
    somebody.chooses("company", *(["revenue"] if earns else []))
    verdict = somebody.reads()
    assert somebody.says("Yes, this can be filed.") in verdict
    for kind in (*PHOTOGRAPHED, "verification_form"):
        assert somebody.says(PAPERS[kind].name) in verdict
        assert somebody.says(PAPERS[kind].why) in verdict
    somebody.leaves()


def get_it_together(filing: Filing) -> None:
    """From the first question to papers that are all accepted."""
    answer_the_questions(filing)
    mend_and_waive(filing)
    send_the_papers(filing)
    for kind in (*PHOTOGRAPHED, *SIGNED):
        filing.mei.accepts(str(PAPERS[kind].name))
    assert filing.client.says("Everything is together.") in filing.client.goes_home()


def answer_the_questions(filing: Filing) -> None:
    """Numbers come as people paste them, and what is kept instead is shown."""
    client, given = filing.client, filing.facts
    of_company = f" {COMPANY[:9]} {COMPANY[9:]} ".lower()
    client.answers_all("subject", given["subject"] | {"subject-id_number": of_company})
    assert COMPANY[-4:] in client.reading_of("subject-id_number")
    client.clicks("Done with this page")
    mobile = "".join(chr(ord(digit) + 0xFEE0) for digit in filing.mobile)  # as a Chinese keyboard types it
    client.answers_all("head", given["head"] | {"head-mobile": mobile})
    assert mobile in client.reading_of("head-mobile")
    assert filing.mobile in client.reading_of("head-mobile")
    client.clicks("Done with this page")
    # Shanghai asks more of whoever has a passport, as soon as it is known that they have one.
    client.page.locator("[data-field=head-name_differs]").wait_for()
    client.writes("head-name_differs", True)
    client.clicks("Done with this page")
    for thing in ("domain", "site", "server"):
        client.answers_all(thing, given[thing])
        client.clicks("Done with this page")
    client.answers_all("case", {"case-service": "website", "case-platform_email": "filing@heron.example"})
    client.clicks("Done with this page")
    client.verifies_the_phone(filing.mobile)


def mend_and_waive(filing: Filing) -> None:
    """What blocks is the client's to mend, and said to them; what only warns is waived with a note."""
    mei, client = filing.mei, filing.client
    mei.goes_to(f"{mei.case}preflight/")
    mei.clicks("Check again")
    name, landline = CHECKS["site_name_not_allowed"], CHECKS["landline_elsewhere"]
    blocks = mei.page.locator("[data-finding=blocks]", has_text=str(name.fix))
    blocks.wait_for()
    warning = mei.page.locator("[data-finding=warns]", has_text=str(landline.reason))
    warning.locator("summary").click()
    warning.get_by_role("textbox").fill("The head office in Beijing takes the calls.")
    warning.get_by_role("button", name="Waive this").click()
    mei.page.locator("[data-finding=waived]", has_text="The head office in Beijing").wait_for()

    home = client.goes_home()
    assert client.says("please look again: %(why)s").partition("%")[0] in home
    page = client.opens("/facts/site/")
    assert client.says(name.fix) in page
    client.writes("site-name", "燕鸥示例贸易")
    client.clicks("Done with this page")
    mei.goes_to(f"{mei.case}preflight/")
    assert blocks.count() == 0


def send_the_papers(filing: Filing) -> None:
    """Each paper says why it is asked; two of them are made by the portal, to be signed."""
    client = filing.client
    for kind in PHOTOGRAPHED:
        page = client.opens_the_task(PAPERS[kind].name)
        assert client.says(PAPERS[kind].why) in page
        assert client.says(PAPERS[kind].good) in page
        client.uploads(f"{kind}.jpg", JPEG, samples.camera_jpeg((1600, 1200)))
    for kind in SIGNED:
        assert client.says(PAPERS[kind].why) in client.opens_the_task(PAPERS[kind].name)
        form = client.downloads_the_form()
        assert "燕鸥示例贸易（上海）有限公司" in text_in(form)
        assert PASSPORT in text_in(form)
        client.uploads(f"{kind}.jpg", JPEG, signed(form))


def text_in(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def signed(pdf: bytes) -> bytes:
    """Its first page as it comes back: printed, signed, stamped and photographed."""
    sheet = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().convert("RGB")
    width, height = sheet.size
    pen = ImageDraw.Draw(sheet)
    stroke = [(0.5, 0.8), (0.6, 0.77), (0.7, 0.81)]
    pen.line([(width * x, height * y) for x, y in stroke], fill=(20, 20, 60), width=6)
    pen.ellipse((width * 0.6, height * 0.7, width * 0.8, height * 0.84), outline=(200, 0, 0), width=8)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue()


def hand_in(filing: Filing) -> None:
    """The pack for the provider, the hand-over, and a call that nobody answers at first."""
    mei, client = filing.mei, filing.client
    pack_of(filing)
    assert "Provider pre-audit" in mei.moves("submit")

    caller = caller_of("aliyun")
    told = filing.mail(caller.numbers[0])
    assert client.says(caller.hours) in told
    assert caller.numbers[0] in client.goes_home()
    assert "Expect a call" in mei.looks_at_the_case()
    mei.follows("Log a call…")
    mei.clicks("Nobody answered")
    assert "They rang and nobody answered" in mei.reads()
    filing.mail(client.says("They rang, and nobody answered."))
    assert client.says("They rang, and nobody answered.") in client.goes_home()
    client.opens("/call/")
    client.clicks("We have spoken to them")
    assert "They rang and nobody answered" not in mei.looks_at_the_case()
    mei.follows("Log a call…")
    mei.fills(Who_said_what="They compared the address; all was right.")
    mei.clicks("It was answered")
    mei.sees("They compared the address")


def pack_of(filing: Filing) -> None:
    """The provider's fields in its order, the numbers only for a reason, the papers as one ZIP."""
    mei = filing.mei
    mei.looks_at_the_case()
    mei.follows(re.compile("Submission pack"))
    labels = mei.page.locator(".pack-facts dt span[lang]").all_inner_texts()
    assert labels == [
        label_of(path, "aliyun") for section in sections_of("aliyun") for path in section.fields
    ]
    assert PASSPORT not in mei.reads()
    mei.page.locator("main [name=text]").fill("The form of the provider asks for it.")
    mei.clicks(re.compile("Show the numbers"))
    assert PASSPORT in mei.reads()
    mei.clicks(re.compile("Make the ZIP"))
    link = mei.page.locator(".handout a[data-kind=primary]")
    link.wait_for()
    with mei.page.expect_download() as coming:
        link.click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        names = archive.namelist()
        pictures = [name for name in names if name.endswith(".jpg")]
        assert {"manifest.json", "manifest.txt"} < set(names)
        assert len(pictures) == len(PHOTOGRAPHED) + len(SIGNED)
        for name in pictures:
            assert max(Image.open(archive.open(name)).size) <= 4096
            assert archive.getinfo(name).file_size <= 4_000_000


# ── Back, and in again ──────────────────────────────────────────────────────────────────────────────────────────────


def comes_back(filing: Filing, reasons: tuple[str, ...], *, opened: tuple[str, str]) -> None:
    """Two tasks, each with why and how; all else stays accepted; and the second round is said to be one."""
    mei, client = filing.mei, filing.client
    thing, paper = opened
    assert "Round 2" in mei.looks_at_the_case()
    states = mei.checklist()
    assert states.pop(str(PAPERS[paper].name)) == "redo"
    assert {states[str(PAPERS[kind].name)] for kind in (*PHOTOGRAPHED, *SIGNED) if kind != paper} == {
        "accepted"
    }
    assert "redo" not in states.values()

    assert client.says("Round %(n)s") % {"n": 2} in client.goes_home()
    tasks = client.page.locator(".tasks > li > a:has([data-mine]) .tasks-name").all_inner_texts()
    assert len(tasks) == 2
    assert client.says(thing) in tasks
    assert any(client.says(PAPERS[paper].name) in task for task in tasks)
    mail = filing.mail(*(client.says(REASONS[code].fix) for code in reasons))
    for code in reasons:
        assert client.says(REASONS[code].cause) in mail


# ── The face check ──────────────────────────────────────────────────────────────────────────────────────────────────


def face_check_by_the_app(filing: Filing) -> None:
    mei, client = filing.mei, filing.client
    mei.looks_at_the_case()
    offered = mei.page.locator("section[aria-labelledby=photo] dt").all_inner_texts()
    assert offered == [str(PHOTO_WAYS[way].name) for way in photos.open_ways("aliyun", "SH")]
    mei.does("photo/app", link=f"https://face.example/{filing.mark}")
    client.goes_home()
    client.opens_the_task(PAPERS["face_verification"].name)
    assert client.page.get_by_role("link", name=client.says("Open the face check")).get_attribute("href") == (
        f"https://face.example/{filing.mark}"
    )
    client.clicks("I have done it")
    assert "reported done" in mei.looks_at_the_case()


def to_the_ministry(filing: Filing) -> None:
    """The photo at a place, and the ministry's code, which the client says they entered."""
    mei, client = filing.mei, filing.client
    mei.looks_at_the_case()
    mei.clicks("Record: pre-audit passed")
    place = photos.places_for("aliyun", "SH", date.today())[0]
    mei.does("photo/photo-place", place=place.code, place_at="2027-03-01T10:30")
    filing.mail("face check")
    page = client.opens_the_task(PAPERS["face_verification"].name)
    assert client.says(place.address) in page
    assert client.says(place.hours) in page
    assert "10:30" in page
    mei.moves("finish_photo", photo_way="photo_place", done_on=today())
    filing.mail("24 hours to answer")
    client.goes_home()
    client.opens("/sms-codes/")
    client.page.locator("main form button").last.click()
    client.page.wait_for_load_state()
    assert filing.runs("miit_review")
    assert not filing.runs("sms_code")


# ── After the licence ───────────────────────────────────────────────────────────────────────────────────────────────


def shows_its_number(filing: Filing) -> None:
    """The line to paste stands in the mail, with the client and on the desk, where a page is judged by it."""
    mei, client = filing.mei, filing.client
    line = lines(filing.icp)[0].html
    assert line in filing.mail(filing.icp)
    assert filing.icp in client.goes_home()
    assert line in client.page.locator("code.snippet").inner_text()
    mei.looks_at_the_case()
    assert line in mei.page.locator("code.snippet").inner_text()
    mei.follows("Check a page")
    mei.page.locator("main textarea").fill(f"<body><footer>{filing.icp}</footer></body>")
    mei.clicks("Look at it")
    assert mei.page.locator("[data-notice=refused]").inner_text()
    mei.page.locator("main textarea").fill(f"<body><footer>{line}</footer></body>")
    mei.clicks("Look at it")
    mei.follows("Record: site is open…")
    mei.clicks("Record the opening")
    assert filing.runs("footer")
    mei.does("steps/footer")
    mei.sees("Recorded: the number is shown.")


def commercial_licence(filing: Filing) -> None:
    """Asked as the site earns money: what it is made of, what differs, the appointment, receipt and result."""
    mei, client = filing.mei, filing.client
    assert "As it earns money, the commercial licence comes next." in client.goes_home()
    mei.goes_to(f"{mei.case}commercial/")
    mei.fills_in(needed="true", foreign_capital="true", why="Paid reports are information for money.")
    mei.clicks("Record the decision")
    told = mei.reads()
    for row in (*FOREIGN.values(), *DEMANDS.values()):
        assert str(row.name) in told
    for box in mei.page.locator("main [name=ready]").all():
        box.check()
    mei.clicks("Save the checklist")
    assert f"{len(DEMANDS)} of {len(DEMANDS)} ready" in mei.reads()
    mei.fills_in(
        on="2027-03-02", office="Room 201, counter 4, 9:30", carried="Business licence\nSeal of the company"
    )
    mei.clicks("Save the appointment")
    filing.mail("Room 201, counter 4, 9:30", "Seal of the company")
    client.goes_home()
    page = client.opens("/licence-application/")
    for words in (
        "Room 201, counter 4, 9:30",
        "Seal of the company",
        *(str(row.name) for row in FOREIGN.values()),
    ):
        assert words in page
    mei.does("steps/application", on=today(), receipt=f"R-{filing.mark}")
    assert f"R-{filing.mark}" in mei.reads()
    assert filing.runs("commercial_review")
    licence = f"沪B2-2027{filing.mark}"
    mei.moves("grant_commercial_licence", licence_number=licence, granted_on=today())
    assert lines(filing.icp, filing.psb, licence)[-1].html in filing.mail(licence)
    assert "Your site is licensed for business." in client.goes_home()
    assert licence in client.reads()


def ends(filing: Filing, stage: str, *, came_back: str) -> None:
    """The whole story stands in the history, and nobody's browser ever complained."""
    manager = Stranger(filing.portal, filing.portal.token("manager@agency.example"))
    case = manager.case(filing.mei.reference)
    assert (case["stage"], case["round"], case["waiting_on"]) == (stage, 2, "nobody")
    events = manager.every(f"/cases/{filing.mei.reference}/events")
    assert came_back in [one.get("move") for one in events]
    kinds = [one["kind"] for one in events]
    for kind in (
        "finding.waived",
        "form.made",
        "pack.made",
        "numbers.revealed",
        "call.missed",
        "call.answered",
    ):
        assert kind in kinds, kind
    assert filing.mei.complaints + filing.client.complaints == []
    filing.mei.leaves()
    filing.client.leaves()
