"""A changed answer changes the list of tasks on the very next page, and what was sent is not asked for again."""

from __future__ import annotations

import html
import time

import pytest
from django.utils import timezone

from cases.models import Case, Requirement
from cases.questions import AnswersForm
from cases.services import checklist
from clients import sight
from documents.examples import picture_of
from tests.api.filings import FACTS, make_case
from trade.papers import KINDS, documents


def answers(case, user, thing, **changes) -> dict[str, str]:
    """The page's boxes as they are filled, with these answers instead."""
    with sight.every_client():
        now = Case.objects.with_facts().prefetch_related("reopenings").get(pk=case.pk)
        form = AnswersForm(now, user, thing)
    typed = {
        name: value for name, value in form.initial.items() if name in form.fields and value not in (None, [])
    }
    typed |= {f"{thing}-{name}": value for name, value in changes.items()}
    return typed


def sent(case, kind, by) -> Requirement:
    with sight.every_client():
        paper = Requirement.objects.select_related("case").get(case=case, kind=kind)
        checklist.paper_sent(paper, "D-SENT", by=by, now=timezone.now())
        return paper


def tasks(page, case) -> str:
    return page.get(case.get_absolute_url()).content.decode().partition('id="tasks"')[2]


def test_passport_to_id_card(ada_page, ada, case):
    paper = sent(case, "passport", ada)
    assert "Passport of Ada Winter" in tasks(ada_page, case)
    begun = time.monotonic()

    changes = {"id_kind": "resident_id", "id_number": "110000190001010012", "nationality": "CN"}
    saved = ada_page.post(f"/cases/{case.reference}/facts/head/", answers(case, ada, "head", **changes))
    shown = tasks(ada_page, case)

    assert (saved.status_code, time.monotonic() - begun < 1) == (302, True)
    assert "Passport" not in shown
    for kind in ("id_card_front", "id_card_back"):
        assert str(KINDS[kind].name) in shown
    changes = {"id_kind": "passport", "id_number": "T12345678", "nationality": "GB"}
    ada_page.post(f"/cases/{case.reference}/facts/head/", answers(case, ada, "head", **changes))
    assert "being checked" in tasks(ada_page, case)
    with sight.every_client():
        assert Requirement.objects.get(pk=paper.pk).document == "D-SENT"


def test_individual_to_company(ada_page, ada, agency, harbour, mei):
    individual = {**FACTS["subject"], "kind": "individual", "id_kind": "passport", "id_number": "T12345678"}
    case = make_case(harbour, mei, subject=individual)
    sent(case, "domain_certificate", ada)
    assert "Business licence" not in tasks(ada_page, case)

    changes = {"kind": "enterprise", "id_kind": "business_licence", "id_number": "91310000MATE5T017D"}
    saved = ada_page.post(f"/cases/{case.reference}/facts/subject/", answers(case, ada, "subject", **changes))
    shown = tasks(ada_page, case)

    assert saved.status_code == 302
    assert "Business licence" in shown and "Proof of residence" not in shown
    assert "being checked" in shown


# ── Each paper says why, for whom, what a good one looks like, what goes wrong ──


def test_every_kind_of_paper_has_its_own_words_and_a_picture_of_ours():
    from django.contrib.staticfiles import finders

    for kind, row in KINDS.items():
        assert str(row.why) and str(row.good) and row.mistakes and row.of, kind
        picture = picture_of(kind)
        assert picture and finders.find(picture["path"]) and str(picture["alt"]), kind


@pytest.mark.parametrize("kind", ["business_licence", "passport", "verification_form", "domain_certificate"])
def test_a_task_says_why_for_whom_and_what_goes_wrong(ada_page, case, paper, kind):
    page = ada_page.get(f"/tasks/{paper(case, kind).reference}/").content.decode()
    page = html.unescape(page)

    row = KINDS[kind]
    assert "Why we ask" in page and str(row.why) in page
    assert "For: " in page
    assert str(row.good) in page and all(str(one) in page for one in row.mistakes)
    assert picture_of(kind)["path"].partition(".")[0] in page


def test_the_papers_of_a_shanghai_company_with_a_foreign_head(ada_page, ada, case):
    """The seed article's case: once the names differ, the bureau of Shanghai wants the statement."""
    before = {one.kind for one in documents({"subject_kind": "enterprise", "province": "SH"}).papers}
    assert "name_match_statement" not in before

    typed = answers(case, ada, "head", name_differs="true")
    ada_page.post(f"/cases/{case.reference}/facts/head/", typed)

    assert "Statement that both names are one person" in tasks(ada_page, case)
