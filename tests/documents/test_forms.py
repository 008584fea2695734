"""Forms to be signed: Chinese, whole, marked; whatever stands in a fact is text and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
import requests
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases import printing
from cases.models import CaseEvent, Finding
from cases.services import preflight
from cases.services.changing import change_facts
from clients.refusals import Conflict, TooMany
from documents import services, storage, workshop
from documents.models import Handout
from documents.services.printing import sheet_of
from tests.documents import samples
from tests.documents.cast import checked, lying, paper, send
from trade.forms import FORMS, form_of, said

PERSON = {
    "is_legal_representative": True,
    "name": "WINTER, ADA",
    "nationality": "GB",
    "id_kind": "passport",
    "id_number": "T12345678",
    "id_valid_until": "2031-01-01",
    "birth_date": "1900-01-01",
    "email": "ada@harbour.example",
    "mobile": "13800000001",
    "landline": "021-55550100",
    "address": "上海市示例区样板路 1 号",
    "emergency_mobile": "13900000002",
}
GIVEN = {
    "platform_email": "filing@harbour.example",
    "subject": {
        "name": "Harbour Example Trading (Shanghai) Co., Ltd.",
        "name_zh": "港湾示例贸易（上海）有限公司",
        "id_kind": "business_licence",
        "id_number": "91310000MATE5T017D",
        "certificate_address": "上海市示例区样板路 1 号 3 幢 201 室",
        "contact_address": "上海市示例区样板路 1 号 3 幢 201 室",
    },
    "head": PERSON,
    "server": {
        "service_number": "a1b2c3d4-0000-4000-8000-000000000001",
        "instance": "i-1",
        "location": "mainland",
    },
    "site": {"name": "港湾示例贸易", "languages": ["zh", "en"], "content": ["company"], "revenue": False},
}


def has_font() -> bool:
    if not shutil.which("fc-list"):
        return any(os.scandir("/usr/share/fonts")) if os.path.isdir("/usr/share/fonts") else False
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


needs_font = pytest.mark.skipif(not has_font(), reason="No Chinese font could be installed on this machine.")


@pytest.fixture
def filled(cast):
    """Harbour's case with what the forms ask for."""
    cast.case = change_facts(cast.case, GIVEN, by=cast.mei)
    return cast


def sheet(**more) -> dict:
    """A letter of one line."""
    return {
        "title": "授权书", "to": "上海市通信管理局", "opening": [], "points_head": "", "points": [], "closing": [],
        "parts": [], "signatures": ["签字"], "seal": "盖章", "checked_by": "", "checked_head": "",
        "mark": "K7P3-9Q2X", "made_on": "2026-11-25", "made_words": "2026年11月25日", "case": "F-0A1B2C3D",
    } | more  # fmt: skip


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    try:
        return "\n".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    finally:
        document.close()


def made(handout: Handout) -> Handout:
    services.make_handout(handout.pk)
    return Handout.objects.select_related("client", "case", "requirement").get(pk=handout.pk)


# ── The paper itself ──


@needs_font
def test_the_verification_form_bears_the_facts_in_chinese_on_one_page(filled):
    handout = made(services.ask_form(paper(filled.case, "verification_form"), by=filled.ada))

    pdf = storage.get(handout.key)
    text = text_of(pdf)
    assert handout.made_at and not handout.problem
    for word in (
        "互联网信息服务备案信息核验单", "港湾示例贸易（上海）有限公司", "91310000MATE5T017D", "WINTER, ADA",
        "T12345678", "英国", "护照",
        "首次备案", "阿里云", "上海市通信管理局", "主办者（盖章）", "中文", handout.facts_mark,
    ):  # fmt: skip
        assert word in text, word
    assert len(pypdfium2.PdfDocument(BytesIO(pdf))) == 1


@needs_font
def test_every_form_can_be_printed_from_a_whole_case(filled):
    for code, form in FORMS.items():
        pdf = workshop.typeset(sheet_of(filled.case, form, mark="K7P3-9Q2X", at=timezone.now()))

        text = text_of(pdf)
        assert form.title in text and "K7P3-9Q2X" in text and "{" not in text, code
        assert len(pypdfium2.PdfDocument(BytesIO(pdf))) == 1, code


@needs_font
@pytest.mark.parametrize(
    "name",
    [
        '#read("/etc/passwd")',
        '#eval("1+1")',
        "*港湾* _有限_ `公司` $x$ @ref <b>&amp;</b> \\u{41}",
        '#import "@preview/x:1.0.0"',
        "= 标题",
        "]} #panic()",
    ],
)
def test_what_looks_like_code_is_printed_as_it_is_typed(name):
    text = text_of(workshop.typeset(sheet(opening=[said("{subject}现授权", {"subject": name})])))

    squeezed = "".join(text.split())
    assert "".join(name.split()) in squeezed and "root:" not in text


def test_wording_looks_up_names_and_evaluates_nothing():
    facts = {"subject": "{we}", "we": "本单位"}

    assert said("{subject} {subject.__class__} {0} {we!r}", facts) == "{we} ＿＿＿＿＿＿ {0} {we!r}"


def test_ten_thousand_letters_are_refused_with_a_sentence(filled):
    filled.case.site.name = "港" * 10_000

    with pytest.raises(workshop.Unmakeable) as refused:
        sheet_of(filled.case, form_of("verification_form"), mark="", at=timezone.now())

    assert (refused.value.code, refused.value.detail) == ("too_long", "site.name")


@needs_font
def test_a_sign_that_no_font_has_is_refused_and_named():
    with pytest.raises(workshop.Unmakeable) as refused:
        workshop.typeset(sheet(opening=["港湾😀有限公司"]))

    assert (refused.value.code, refused.value.detail) == ("no_sign", "😀")


def test_without_a_chinese_font_there_is_no_form():
    from documents.workshop.typesetting import _chosen

    with pytest.raises(workshop.Unmakeable) as refused:
        _chosen(["DejaVu Sans", "Libertinus Serif", "Noto Sans CJK JP"])

    assert refused.value.code == "no_font"


@needs_font
def test_a_form_that_eats_the_machine_is_stopped(monkeypatch):
    monkeypatch.setattr(workshop, "WALL_SECONDS", 0.05)

    with pytest.raises((workshop.Died, workshop.Unmakeable)):
        workshop.typeset(sheet())


@needs_font
def test_an_individual_signs_and_seals_nothing(filled):
    case = change_facts(filled.case, {"subject": {"kind": "individual"}}, by=filled.mei)

    text = text_of(workshop.typeset(sheet_of(case, form_of("verification_form"), mark="", at=timezone.now())))

    assert "盖章）" not in text and "签字" in text


# ── Asking, making, fetching ──


@needs_font
def test_a_form_is_made_once_for_the_same_facts(filled):
    form = paper(filled.case, "verification_form")
    first = services.ask_form(form, by=filled.ada)
    assert services.ask_form(form, by=filled.mei) == first
    made(first)
    assert services.ask_form(form, by=filled.mei) == first

    change_facts(filled.case, {"site": {"name": "港湾新网站"}}, by=filled.mei)
    second = services.ask_form(paper(filled.case, "verification_form"), by=filled.mei)

    assert second != first and second.facts_mark != first.facts_mark
    event = CaseEvent.objects.get(kind="form.made")
    assert event.by == filled.ada and event.data["mark"] == first.facts_mark
    assert "T12345678" not in json.dumps(event.data)


def test_facts_that_nobody_gave_are_asked_for_first(cast):
    with pytest.raises(Conflict) as refused:
        services.ask_form(paper(cast.case, "verification_form"), by=cast.ada)

    assert refused.value.code == "facts_missing" and "mobile" in str(refused.value)
    assert not Handout.objects.exists()


def test_a_responsible_person_has_no_form_printed(filled):
    with pytest.raises(PermissionDenied):
        services.ask_form(paper(filled.case, "verification_form"), by=filled.ann)


@needs_font
def test_fetching_leaves_a_trace_and_counts_as_a_look_at_numbers(filled):
    handout = made(services.ask_form(paper(filled.case, "verification_form"), by=filled.mei))

    link = services.open_handout(handout, by=filled.mei)

    answer = requests.get(link, timeout=10)
    assert answer.content.startswith(b"%PDF-") and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    event = CaseEvent.objects.get(kind="numbers.revealed")
    assert event.by == filled.mei and event.data["kind"] == "verification_form"
    for _look in range(29):
        services.open_handout(handout, by=filled.mei)
    with pytest.raises(TooMany):
        services.open_handout(handout, by=filled.mei)


@needs_font
def test_what_was_made_is_gone_within_the_hour(filled):
    handout = made(services.ask_form(paper(filled.case, "verification_form"), by=filled.ada))
    assert handout.key in lying("papers", filled.harbour.reference)

    assert services.sweep_handouts(now=timezone.now() + timedelta(minutes=49)) == 0
    assert services.sweep_handouts(now=timezone.now() + timedelta(minutes=51)) == 1

    assert handout.key not in lying("papers", filled.harbour.reference)
    handout.refresh_from_db()
    with pytest.raises(Conflict):
        services.open_handout(handout, by=filled.ada)
    assert services.sweep_handouts(now=timezone.now() + timedelta(hours=2)) == 0


def test_three_deaths_end_it_with_a_sentence(filled, monkeypatch):
    monkeypatch.setattr(workshop, "WALL_SECONDS", 0.01)

    handout = made(services.ask_form(paper(filled.case, "verification_form"), by=filled.ada))

    assert (handout.problem, handout.made_at, handout.tries) == ("could_not_make", None, 4)


# ── Facts that changed afterwards ──


def accept(document, *, by) -> None:
    services.open_document(document, by=by)
    services.accept_document(document, by=by)


def test_a_changed_fact_makes_the_signed_form_an_older_one_and_reopens_nothing(filled):
    document = checked(send(paper(filled.case, "verification_form"), samples.small_jpeg(), by=filled.ada))
    accept(document, by=filled.mei)
    form = paper(filled.case, "verification_form")
    assert form.facts_mark and not printing.is_outdated(filled.case, form)

    case = change_facts(filled.case, {"head": {"mobile": "13800000009"}}, by=filled.mei)

    form = paper(case, "verification_form")
    assert printing.is_outdated(case, form) and printing.outdated_of(case, case.requirements.all()) == [form]
    assert form.state == "accepted"
    back = change_facts(case, {"head": {"mobile": "13800000001"}}, by=filled.mei)
    assert not printing.is_outdated(back, paper(back, "verification_form"))


@needs_font
def test_a_form_printed_before_the_change_is_an_older_one_on_arrival(filled):
    made(services.ask_form(paper(filled.case, "verification_form"), by=filled.ada))
    case = change_facts(filled.case, {"subject": {"id_number": "91440000MATE5T025B"}}, by=filled.mei)

    checked(send(paper(case, "verification_form"), samples.small_jpeg(), by=filled.ada))

    assert printing.is_outdated(case, paper(case, "verification_form"))


def test_the_preflight_warns_of_a_signed_form_of_older_facts_until_it_is_signed_anew(filled):
    first = checked(send(paper(filled.case, "verification_form"), samples.small_jpeg(), by=filled.ada))
    accept(first, by=filled.mei)
    place = paper(filled.case, "verification_form").reference
    open_forms = Finding.objects.filter(case=filled.case, code="form_outdated")
    assert not open_forms

    case = change_facts(filled.case, {"site": {"name": "港湾新网站"}}, by=filled.mei)
    assert [(one.place, one.severity) for one in open_forms.all()] == [(place, "warns")]
    preflight.waive(case, "form_outdated", by=filled.mei, note="Mended by hand, initialled.")
    case = change_facts(case, {"domain": {"expires_on": "2030-01-01"}}, by=filled.mei)
    assert open_forms.get().is_waived

    case = change_facts(case, {"head": {"mobile": "13800000009"}}, by=filled.mei)
    assert not open_forms.get().is_waived  # what was waived of one change is not waived of the next

    checked(send(paper(case, "verification_form"), samples.small_jpeg((300, 300)), by=filled.ada))
    assert not open_forms.all()


def test_a_form_taken_back_leaves_the_mark_of_the_one_before(filled):
    first = checked(send(paper(filled.case, "verification_form"), samples.small_jpeg(), by=filled.ada))
    accept(first, by=filled.mei)
    mark = paper(filled.case, "verification_form").facts_mark
    case = change_facts(filled.case, {"site": {"name": "港湾新网站"}}, by=filled.mei)
    second = checked(send(paper(case, "verification_form"), samples.small_jpeg((300, 300)), by=filled.ada))
    assert paper(case, "verification_form").facts_mark != mark

    services.withdraw_document(second, by=filled.ada)

    form = paper(case, "verification_form")
    assert (form.state, form.facts_mark) == ("accepted", mark) and printing.is_outdated(case, form)


def test_a_fact_that_stands_on_no_form_changes_no_mark(filled):
    before = printing.mark_of(filled.case, form_of("verification_form"))

    case = change_facts(filled.case, {"domain": {"expires_on": "2030-01-01"}}, by=filled.mei)

    assert printing.mark_of(case, form_of("verification_form")) == before
