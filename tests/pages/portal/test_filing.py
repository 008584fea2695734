"""My filing: what stands there in each state, for whom, and at which price."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from cases.services import progress
from clients import sight
from tests.api.filings import drive, get_ready, make_case


def text(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_without_a_filing_it_says_so(agency, ada_page):
    assert "Nothing is filed yet." in text(ada_page, "/")


def test_a_responsible_person_whom_no_filing_names_is_told_by_which_address(agency, case, ann_page, ann):
    with sight.every_client():
        case.people.filter(part="head").update(email="another@harbour.example")

    page = text(ann_page, "/")

    assert "No filing names you yet." in page and ann.email in page
    assert "you get a mail" not in page


def test_one_filing_is_shown_at_once(ada_page, empty, lotus_case):
    page = text(ada_page, "/")

    assert "Let us get your filing together." in page and "Who files" in page
    assert "lotus" not in page.lower()


def test_of_several_those_that_wait_for_the_reader_stand_first(ada_page, case, harbour, mei):
    done = make_case(harbour, mei, name="done.example")
    drive(done, "provider_pre_audit", mei)

    page = text(ada_page, "/")

    assert page.index("harbour.example") < page.index("done.example")
    assert "What waits for you stands first." in page
    task, more = re.search(r'Your move</span> <a href="(/[^"]+)">.*?and (\d+) more', page, re.S).groups()
    assert ada_page.get(task).status_code == 200
    assert int(more) == text(ada_page, case.get_absolute_url()).count("data-mine") - 1


def test_each_stage_has_its_sentence(ada_page, case, harbour, mei):
    for stage, sentence in (
        ("provider_pre_audit", "Alibaba Cloud is checking your filing."),
        ("photo", "The provider found everything right."),
        ("miit_review", "Your filing is with the ministry."),
        ("licensed", "Your site is licensed."),
        ("psb_filed", "Your site is filed with ministry and police."),
        ("commercial_licensed", "Your site is licensed for business."),
    ):
        drive(case, stage, mei)

        assert sentence in text(ada_page, case.get_absolute_url()), stage
    for stage in ("withdrawn", "cancelled"):
        ended = drive(make_case(harbour, mei, name=f"{stage}.example"), stage, mei)

        assert f"This filing was {stage}." in text(ada_page, ended.get_absolute_url()), stage


def test_a_filing_on_hold_says_until_when(ada_page, case, mei):
    from cases.services.moves import move_case

    with sight.every_client():
        move_case(case, "hold", by=mei, data={"until": "2099-01-05"}, note="Agency's own reason")

    page = text(ada_page, case.get_absolute_url())

    assert "Your filing is on hold." in page and "2099" in page
    assert "Your move" not in page
    assert "They rest with the filing" in page and "data-mine" not in page
    assert 'data-state="todo"' not in page and 'data-state="redo"' not in page


def test_with_the_licence_come_the_lines_to_paste(ada_page, case, mei):
    drive(case, "psb_filed", mei)

    page = text(ada_page, case.get_absolute_url())

    assert "&lt;a href=&quot;https://beian.miit.gov.cn/&quot;" in page
    assert "https://beian.mps.gov.cn/#/query/webSearch?code=31000002999901" in page


def test_everything_together_leaves_nothing_to_do(ada_page, case):
    get_ready(case)
    with sight.every_client():
        Case.objects.filter(pk=case.pk).update(waiting_on="agency")

    page = text(ada_page, case.get_absolute_url())

    assert "Everything is together." in page and "All done. Thank you." in page


def test_a_paper_being_checked_says_when_to_look_again(ada_page, case):
    get_ready(case)
    with sight.every_client():
        case.requirements.filter(kind="passport").update(state="sent")

    page = text(ada_page, case.get_absolute_url())

    assert "We are checking your papers." in page and "Nothing to do for you until" in page


def test_internal_notes_never_reach_the_client(ada_page, ann_page, case, mei):
    with sight.every_client():
        progress.write_note(case, "Difficult customer", by=mei, audience="internal")
        progress.log_call(case, "Rang the police about them", by=mei)
        progress.write_note(case, "Dear Ada, all is well", by=mei, audience="client")

    letters = f"/cases/{case.reference}/letters/"
    pages = [text(ada_page, one) for one in (case.get_absolute_url(), letters, "/", "/seen/")]
    pages += [text(ann_page, one) for one in (case.get_absolute_url(), "/")]

    assert all("Difficult" not in page and "Rang the police" not in page for page in pages)
    assert "Dear Ada" in pages[0] and "Dear Ada" in pages[1] and "Dear Ada" not in pages[4]


def test_a_letter_to_the_agency_is_in_the_history(ada_page, case):
    ada_page.post(f"/cases/{case.reference}/letters/", {"text": "When does it open?"})

    with sight.every_client():
        note = case.events.get(kind="note.written")
    assert (note.note, note.audience) == ("When does it open?", "client")
    assert "When does it open?" in text(ada_page, case.get_absolute_url())


def test_every_message_can_be_reached(ada_page, case, mei):
    with sight.every_client():
        for n in range(25):
            progress.write_note(case, f"Letter {n:02d}.", by=mei, audience="client")
    path = f"/cases/{case.reference}/letters/"

    newest = text(ada_page, path)
    older = re.search(r'href="(\?before=[^"]+)"', newest)[1]
    rest = text(ada_page, path + older)

    assert re.findall(r"Letter \d\d", newest) == [f"Letter {n:02d}" for n in range(5, 25)]
    assert re.findall(r"Letter \d\d", rest) == [f"Letter {n:02d}" for n in range(5)]
    assert "Newest messages" in rest and "Older messages" not in rest


def test_a_form_sent_twice_writes_once_and_a_form_drawn_anew_again(ada_page, as_page, case, mei):
    base, desk = f"/cases/{case.reference}", as_page(mei)
    for browser, path, kind, more in (
        (ada_page, f"{base}/letters/", "note.written", {}),
        (desk, f"{base}/notes/internal/", "note.written", {}),
        (desk, f"{base}/steps/call/", "call.logged", {"who": "other", "outcome": "answered"}),
    ):
        for drawing in (1, 2):
            sign = re.search(r'csrfmiddlewaretoken" value="(\w+)', browser.get(path).content.decode()).group(
                1
            )
            typed = {"csrfmiddlewaretoken": sign, "text": f"Of {path}", **more}
            for _click in range(2):
                assert browser.post(path, typed).status_code == 302
            with sight.every_client():
                assert case.events.filter(kind=kind, note=f"Of {path}").count() == drawing, path


def test_the_contact_withdraws_in_draft_and_says_why(ada_page, case):
    path = f"/cases/{case.reference}/withdrawal/"

    assert "Withdraw this filing?" in text(ada_page, path)
    assert ada_page.post(path, {"text": ""}).status_code == 200
    ada_page.post(path, {"text": "We moved to Hong Kong"})

    with sight.every_client():
        assert Case.objects.get(pk=case.pk).stage == "withdrawn"


def test_later_the_contact_asks_the_agency(ada_page, case, mei):
    drive(case, "provider_pre_audit", mei)
    path = f"/cases/{case.reference}/withdrawal/"

    assert "Write to your agency" in text(ada_page, path)
    ada_page.post(path, {"text": "Still"})

    with sight.every_client():
        assert Case.objects.get(pk=case.pk).stage == "provider_pre_audit"


def test_a_responsible_person_sees_their_part_alone(ann_page, case, paper):
    page = text(ann_page, case.get_absolute_url())

    assert "Passport of Ada Winter" in page and "Mobile of Ada Winter" in page
    assert "Business licence" not in page and "Withdraw" not in page and "/facts/" not in page
    for path in ("facts/subject", "letters", "withdrawal", "psb-filing", "licence-application"):
        assert ann_page.get(f"/cases/{case.reference}/{path}/").status_code == 404
    assert ann_page.get(f"/tasks/{paper(case, 'business_licence').reference}/").status_code == 404
    assert ann_page.get(f"/tasks/{paper(case, 'passport').reference}/").status_code == 200


def test_the_neighbours_pages_are_none(ada_page, lotus_case, paper):
    passport = paper(lotus_case, "passport").reference
    base = f"/cases/{lotus_case.reference}/"
    paths = [
        base,
        *(f"{base}{name}/" for name in ("facts/subject", "mobiles/head", "letters", "withdrawal")),
        *(f"{base}{name}/" for name in ("sms-codes", "psb-filing", "licence-application")),
        f"/tasks/{passport}/",
        f"/seen/?paper={passport}",
    ]

    assert {ada_page.get(path).status_code for path in paths} == {404}
    posts = [*paths[1:8], f"{base}facts/head/earlier/", f"{base}mobiles/head/code/"]
    posts += [f"/requirements/{passport}/report/", f"/tasks/{passport}/earlier/"]
    assert {ada_page.post(path, {"text": "x", "code": "1"}).status_code for path in posts} == {404}


# What takes and leaves the sight of each request.
FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config")


def queries(browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as caught:
        assert browser.get(path).status_code == 200
    return len([one for one in caught if not one["sql"].startswith(FRAME)])


def test_pages_cost_the_same_with_one_filing_and_with_many(ada_page, case, harbour, mei, paper):
    passport = paper(case, "passport").reference
    make_case(harbour, mei, name="two.example")
    paths = ["/", case.get_absolute_url(), f"/tasks/{passport}/", "/seen/"]
    paths += [f"/cases/{case.reference}/{name}/" for name in ("facts/head", "mobiles/head", "letters")]
    before = {path: queries(ada_page, path) for path in paths}

    for n in range(3):
        make_case(harbour, mei, name=f"more{n}.example")

    assert {path: queries(ada_page, path) for path in paths} == before
    assert max(before.values()) <= 20, before


def test_a_chinese_page_names_the_house_and_its_place_in_chinese(ada_page, case):
    here = case.get_absolute_url()
    assert "Willow Filing" in text(ada_page, here) and "Papers are kept in Shanghai" in text(ada_page, here)

    ada_page.post("/language/", {"language": "zh-hans", "next": "/"})
    chinese = text(ada_page, here)

    assert "柳树备案" in chinese and "港湾有限公司" in chinese and "中国大陆（上海）" in chinese
    assert "Willow Filing" not in chinese and "Harbour Ltd" not in chinese and "Shanghai" not in chinese
