"""The kind of filing on a case: found from facts and earlier filings of the same client, and overruled with a note."""

from __future__ import annotations

import pytest
from django.db import transaction

from cases import words
from cases.models import Case
from cases.services import planning
from cases.services.changing import change_facts
from cases.services.moves import move_case
from clients import sight
from tests.api.filings import FACTS, PERSON, drive, make_case

OTHER_COMPANY = "91440000MATE5T025B"


@pytest.fixture
def filed(agency, harbour, mei) -> Case:
    """A site of Harbour's that is licensed already, through aliyun."""
    return drive(make_case(harbour, mei, name="first.example"), "licensed", mei)


def another(client, by, name="second.example", **changes) -> Case:
    """A further case whose kind nobody gives."""
    return make_case(client, by, name=name, **{"filing_kind": "", **changes})


def fresh(case: Case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def changed(case: Case, by, **given) -> Case:
    with sight.every_client():
        return change_facts(case, given, by=by)


def subject(**changes):
    return {**FACTS["subject"], **changes}


def test_a_case_of_which_nobody_says_a_kind_is_the_first(agency, harbour, mei):
    case = another(harbour, mei)

    assert (case.filing_kind, case.filing_kind_is_set) == ("first", False)
    assert words.kind_why(case) == ["Neither the applicant nor the domain is filed yet."]


SEEN = [
    ("second.example", {}, "add_service"),
    ("second.example", {"provider": "tencent"}, "add_service"),
    ("second.example", {"subject": subject(id_number=OTHER_COMPANY)}, "first"),
    ("first.example", {}, "none"),
    ("first.example", {"provider": "tencent"}, "add_access"),
    ("first.example", {"provider": ""}, "add_access"),
    ("first.example", {"subject": subject(id_number=OTHER_COMPANY)}, "blocked"),
    ("second.example", {"subject_filed": "no"}, "add_service"),
    ("second.example", {"subject_filed": "shell", "province": "GD"}, "cancel_subject"),
    ("second.example", {"domain_filed": "elsewhere"}, "add_access"),
    ("second.example", {"intent": "cancel", "cancel_of": ["access"]}, "cancel_access"),
    ("first.example", {"intent": "change", "change_of": ["service"]}, "change_service"),
]


def test_what_the_portal_has_seen_decides_with_the_facts(filed, harbour, mei):
    """Each beside the filed one alone: what was opened is undone before the next."""
    wrong = []
    for name, changes, kind in SEEN:
        with transaction.atomic():
            found = another(harbour, mei, name, **changes).filing_kind
            transaction.set_rollback(True)
        if found != kind:
            wrong.append((name, changes, kind, found))
    assert not wrong


def test_the_earlier_filing_is_named_as_the_why(filed, harbour, mei):
    case = another(harbour, mei, subject_filed="no")

    told = " ".join(words.kind_why(case))

    assert filed.reference in told and "first.example" in told and "goes before it" in told


def test_only_an_issued_filing_counts(agency, harbour, mei):
    for stage in ("draft", "miit_review", "withdrawn", "cancelled"):
        with transaction.atomic():
            drive(make_case(harbour, mei, name="first.example"), stage, mei)

            assert another(harbour, mei).filing_kind == "first", stage
            transaction.set_rollback(True)


def test_a_neighbours_filing_is_neither_asked_nor_answered(agency, harbour, lotus, mei, ada, as_api):
    """The neighbour files with the very same number, domain and phone: all answers are as without."""

    def answers(case) -> dict:
        caller = as_api(ada)
        told = caller.get(f"/cases/{case.reference}").json()
        patched = caller.patch(f"/cases/{case.reference}", {"site": {"note": "Hello."}}).json()
        for one in (told, patched):
            for name in ("reference", "waiting_since", "requirements"):
                one.pop(name)
        return {"told": told, "patched": patched}

    alone = answers(another(harbour, mei, "alone.example"))
    drive(make_case(lotus, mei, name="both.example"), "licensed", mei)
    beside = answers(another(harbour, mei, "both.example"))

    assert str(beside).replace("both.example", "alone.example") == str(alone)


def test_a_fact_that_changes_finds_another_kind_and_other_papers(filed, harbour, mei):
    case = another(harbour, mei)
    with sight.every_client():
        before = list(case.requirements.all())

    case = changed(case, mei, domain={"name": "first.example"})

    with sight.every_client():
        assert (case.filing_kind, before and not list(case.requirements.all())) == ("none", True)
        event = case.events.get(kind="filing_kind.found", data__new="none")
    assert (event.by, event.data["old"]) == (None, "add_service")


def test_a_licence_changes_the_drafts_of_the_same_applicant(agency, harbour, mei):
    first = make_case(harbour, mei, name="first.example")
    draft = another(harbour, mei)
    by_hand = make_case(harbour, mei, name="third.example", filing_kind="first")
    assert draft.filing_kind == "first"

    first = drive(first, "licensed", mei)
    assert (fresh(draft).filing_kind, fresh(by_hand).filing_kind) == ("add_service", "first")

    with sight.every_client():
        move_case(first, "cancel", by=mei, note="Wound up.")
    assert fresh(draft).filing_kind == "first"


def test_what_was_handed_in_keeps_its_kind(agency, harbour, mei):
    going = drive(another(harbour, mei), "photo", mei)
    drive(make_case(harbour, mei, name="first.example"), "licensed", mei)

    going = changed(going, mei, site={"note": "More."})

    assert going.filing_kind == "first"


def test_the_sites_that_the_portal_has_seen_count_towards_a_plan(agency, harbour, mei):
    """Hunan wants a plan from the second site on."""

    def plans(case) -> bool:
        with sight.every_client():
            return case.requirements.filter(kind="website_plan").exists()

    assert not plans(another(harbour, mei, "alone.example", province="HN"))
    drive(make_case(harbour, mei, name="first.example"), "licensed", mei)

    assert plans(another(harbour, mei, "second.example", province="HN"))
    assert not plans(another(harbour, mei, "first.example", province="HN", provider="tencent"))


# ── By hand ──


def test_staff_overrule_with_a_note_and_give_the_word_back(filed, harbour, mei):
    case = another(harbour, mei)

    with sight.every_client():
        case = planning.overrule_kind(
            case, "first", by=mei, note="The old number was taken back by the bureau."
        )
        assert (case.filing_kind, words.kind_found(case)) == ("first", "add_service")
        case = change_facts(case, {"provider": "tencent"}, by=mei)
        assert (case.filing_kind, case.filing_kind_is_set) == ("first", True)
        case = planning.overrule_kind(case, "", by=mei, note="It was not, after all.")
        events = list(case.events.filter(kind__startswith="filing_kind.").values_list("kind", "note"))

    assert (case.filing_kind, case.filing_kind_is_set) == ("add_service", False)
    assert [kind for kind, _note in events] == [
        "filing_kind.found",
        "filing_kind.set",
        "filing_kind.cleared",
        "filing_kind.found",
    ]
    assert events[1][1].startswith("The old number")


def test_a_program_may_give_the_kind_and_take_it_back(filed, harbour, mei, as_api):
    caller = as_api(mei)
    case = another(harbour, mei)
    path = f"/cases/{case.reference}"

    given = caller.patch(path, {"filing_kind": "first"}).json()
    kept = caller.patch(path, {"province": "GD", "subject_filed": "elsewhere"}).json()
    cleared = caller.patch(path, {"filing_kind": None}).json()

    assert [(one["filing_kind"], one["filing_kind_is_set"]) for one in (given, kept, cleared)] == [
        ("first", True),
        ("first", True),
        ("add_service", False),
    ]
    assert cleared["filing_kind_why"]


def test_a_kind_given_at_the_opening_stays(filed, harbour, mei):
    case = make_case(harbour, mei, name="second.example", filing_kind="first")

    assert changed(case, mei, head={**PERSON, "name": "Ada Summer"}).filing_kind == "first"


def test_a_responsible_person_hears_of_no_other_filing(filed, harbour, mei, ann, as_api):
    case = another(harbour, mei)

    told = as_api(ann).get(f"/cases/{case.reference}").json()

    assert told["filing_kind_why"] == []
    assert filed.reference not in str(told)
