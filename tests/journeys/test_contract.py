"""The contract's walk: a stranger's program takes one filing from nothing to the commercial licence, by API alone."""

from __future__ import annotations

import pytest

from tests.documents import samples
from tests.journeys.stranger import (
    COMPANY,
    PASSPORT,
    Stranger,
    facts,
    fetch,
    next_mail,
    post_form,
    text_of,
    today,
)

LOTUS = "client@lotus.example"
PDF, JPEG, HEIC = "application/pdf", "image/jpeg", "image/heic"
FILES = {
    "business_licence": ("licence.pdf", lambda: samples.scan_pdf(2), PDF),
    "passport": ("passport.heic", samples.heic, HEIC),
    "verification_form": ("form signed.pdf", lambda: samples.scan_pdf(1), PDF),
    "domain_certificate": ("certificate.jpg", lambda: samples.camera_jpeg((1600, 1200)), JPEG),
}


@pytest.fixture(scope="module")
def desk(portal) -> Stranger:
    return Stranger(portal, portal.token("manager@agency.example"))


@pytest.fixture(scope="module")
def lotus(portal) -> Stranger:
    """A client who must never see any of it."""
    return Stranger(portal, portal.token(LOTUS))


def papers_of(case: dict) -> dict[str, dict]:
    return {one["kind"]: one for one in case["requirements"]}


def running(case: dict) -> set[str]:
    return {one["kind"] for one in case["deadlines"] if one["state"] == "running"}


def standing(case: dict) -> tuple[str, str]:
    return case["stage"], case["waiting_on"]


def test_a_program_takes_a_filing_from_nothing_to_the_commercial_licence(portal, desk, lotus, mark):
    domain, address, mobile = f"tern-{mark}.example", f"tess-{mark}@tern.example", f"1380000{mark}"

    # The client: made once, whatever is repeated, and invited at once.
    about = {
        "name": f"Tern Example {mark}",
        "name_zh": "燕鸥示例",
        "contact": {"name": "Tess", "email": address},
    }
    client = desk.post("/clients", about, Idempotency_Key=f"client-{mark}").ok(201)["reference"]
    assert desk.post("/clients", about, Idempotency_Key=f"client-{mark}").ok(201)["reference"] == client
    other = desk.post("/clients", {**about, "name": "Another"}, Idempotency_Key=f"client-{mark}")
    assert other.status in (409, 422)
    assert f"{portal.url}/invitations/" in text_of(next_mail(portal, address))
    tess = Stranger(portal, portal.token(address))

    # The case: from client and domain alone; the rest follows object by object.
    opening = {"client": client, "domain": {"name": domain}}
    case = desk.post("/cases", opening, Idempotency_Key=f"case-{mark}").ok(201)
    name = case["reference"]
    assert desk.post("/cases", opening, Idempotency_Key=f"case-{mark}").ok(201)["reference"] == name
    assert standing(case) == ("draft", "client")
    assert desk.patch(f"/cases/{name}", {"provider": "aliyun", "filing_kind": "first"}).status == 200
    assert tess.patch(f"/cases/{name}", {"provider": "tencent"}).status in (403, 422)
    for thing, given in facts(domain=domain, mobile=mobile).items():
        seen = tess.get(f"/cases/{name}")
        assert seen.headers["ETag"] == f'"{seen["version"]}"'
        changed = tess.patch(f"/cases/{name}", {thing: given}, If_Match=seen.headers["ETag"])
        assert changed.ok()["version"] > seen["version"], thing
        late = tess.patch(f"/cases/{name}", {thing: given}, If_Match=seen.headers["ETag"])
        assert late.status == 409
        assert late["version"] == changed["version"]
    case = tess.case(name)
    assert case["missing"] == []
    assert case["head"]["id_number"] == f"****{PASSPORT[-4:]}"
    assert set(papers_of(case)) == {*FILES, "face_verification"}
    assert {one["state"] for one in case["requirements"]} == {"to_do"}

    # The papers, straight to storage; what is no paper is refused with a reason.
    papers = papers_of(case)
    fake = tess.send(papers["business_licence"]["id"], "licence.pdf", samples.zip_of(), PDF)
    sent = {
        kind: tess.send(papers[kind]["id"], filename, content(), type_)
        for kind, (filename, content, type_) in FILES.items()
        if kind != "business_licence"
    }
    refused = tess.checked(fake)
    assert refused["state"] == "refused"
    assert refused["reasons"][0]["code"] == "archive"
    assert refused["reasons"][0]["text"]
    # Sent again before that, the letter about it would be overtaken, and rightly not be sent.
    next_mail(portal, address, about=lambda one: refused["reasons"][0]["text"][:40] in text_of(one))
    filename, content, type_ = FILES["business_licence"]
    sent["business_licence"] = tess.send(papers["business_licence"]["id"], filename, content(), type_)
    for kind, document in sent.items():
        assert tess.checked(document)["state"] == "available", kind
    assert {papers_of(tess.case(name))[kind]["state"] for kind in FILES} == {"sent"}

    # One comes back, with reasons and a note; another is sent in its place.
    assert tess.post(f"/documents/{sent['passport']}/acceptance").status == 403
    too_early = desk.post(f"/cases/{name}/moves", {"move": "submit"})
    assert too_early.status == 409
    assert too_early["detail"]
    back = desk.post(
        f"/documents/{sent['passport']}/return",
        {"reasons": ["id_unclear"], "note": "The corner is cut off."},
    ).ok()
    assert (back["state"], back["reasons"][0]["code"]) == ("returned", "id_unclear")
    assert papers_of(tess.case(name))["passport"]["state"] == "redo"
    mail = text_of(next_mail(portal, address, about=lambda one: "corner is cut off" in text_of(one)))
    assert f"{portal.url}/" in mail
    again = tess.send(papers["passport"]["id"], "passport again.jpg", samples.camera_jpeg(), JPEG)
    assert tess.checked(again)["state"] == "available"
    assert tess.document(again)["version"] == 2
    sent["passport"] = again

    # Looking at it leaves a trace, and lasts a minute; then all are accepted.
    link = desk.get(f"/documents/{again}/content")
    assert link.status == 302
    assert fetch(link.headers["Location"]).startswith(b"\xff\xd8")
    for document in sent.values():
        assert desk.post(f"/documents/{document}/acceptance").ok()["state"] == "accepted"

    # The phone.
    early = desk.post(f"/cases/{name}/moves", {"move": "submit"})
    assert early.status == 409
    wrong = tess.post(f"/cases/{name}/phone-verifications/confirmation", {"person": "head", "code": "000000"})
    assert wrong.status == 409  # nobody has asked for one
    tess.verify_phone(name, "head", mobile)
    case = desk.case(name)
    assert standing(case) == ("draft", "agency")
    assert "submit" in case["moves"]
    assert case["moves"].count("submit") == 1
    assert "submit" not in tess.case(name)["moves"]

    # The road.
    case = desk.move(name, "submit")
    assert (standing(case), running(case)) == (("provider_pre_audit", "provider"), {"provider_pre_audit"})
    case = desk.move(
        name, "return_for_changes", reasons=[{"code": "site_name", "note": "Name the goods."}], note="Soon."
    )
    assert (standing(case), case["round"]) == (("draft", "client"), 2)
    assert running(case) == {"returned_fix"}
    assert "Name the goods." in text_of(
        next_mail(portal, address, about=lambda one: "Name the goods." in text_of(one))
    )
    assert tess.patch(f"/cases/{name}", {"site": {"revenue": False}}).status in (403, 409, 422)
    tess.patch(f"/cases/{name}", {"site": {"name": "燕鸥示例商贸"}}).ok()
    assert standing(desk.move(name, "submit")) == ("provider_pre_audit", "provider")
    case = desk.move(name, "pass_pre_audit")
    assert (standing(case), running(case)) == (("photo", "client"), {"photo"})
    assert desk.post(f"/cases/{name}/moves", {"move": "finish_photo"}).status == 422
    case = desk.move(name, "finish_photo", data={"photo_way": "app", "done_on": today()})
    assert (standing(case), running(case)) == (("miit_review", "client"), {"sms_code", "miit_review"})
    next_mail(portal, address, about=lambda one: "24 hours" in one["Subject"])
    foreign = {"icp_number": "京ICP备12345678号-1", "licensed_on": today()}
    assert desk.post(f"/cases/{name}/moves", {"move": "grant_licence", "data": foreign}).status == 422
    icp, psb, licence = f"沪ICP备2026{mark}01号-1", f"沪公网安备3100000299{mark}号", f"沪B2-2026{mark}"
    case = desk.move(name, "grant_licence", data={"icp_number": icp, "licensed_on": today()})
    assert (standing(case), case["icp_number"]) == (("licensed", "client"), icp)
    assert running(case) >= {"psb_filing"}
    mail = text_of(next_mail(portal, address, about=lambda one: icp in text_of(one)))
    assert f'<a href="https://beian.miit.gov.cn/">{icp}</a>' in mail
    case = desk.move(name, "file_psb", data={"psb_number": psb, "filed_on": today()})
    assert (standing(case), case["psb_number"]) == (("psb_filed", "client"), psb)
    next_mail(portal, address, about=lambda one: psb in text_of(one))
    case = desk.move(
        name, "grant_commercial_licence", data={"licence_number": licence, "granted_on": today()}
    )
    assert standing(case) == ("commercial_licensed", "nobody")
    assert (case["icp_number"], case["psb_number"], case["licence_number"]) == (icp, psb, licence)
    next_mail(portal, address, about=lambda one: licence in text_of(one))

    # What is left of it: the history, the messages, numbers for those who ask, and nothing for the neighbour.
    events = desk.every(f"/cases/{name}/events")
    assert [one["move"] for one in events if one["kind"] == "case.moved"] == [
        "submit",
        "return_for_changes",
        "submit",
        "pass_pre_audit",
        "finish_photo",
        "grant_licence",
        "file_psb",
        "grant_commercial_licence",
    ]
    kinds = [one["kind"] for one in events]
    for kind in (
        "case.opened",
        "paper.sent",
        "paper.refused",
        "paper.viewed",
        "paper.returned",
        "phone.verified",
    ):
        assert kind in kinds, kind
    assert kinds.count("paper.accepted") == len(FILES)
    assert [one["at"] for one in events] == sorted(one["at"] for one in events)
    assert PASSPORT not in str(events)
    told = [one for one in desk.every(f"/notifications?case={name}") if one["channel"] == "mail"]
    assert {one["state"] for one in told if one["to"] == address} == {"sent"}
    assert {"moved.finish_photo", "moved.grant_licence", "moved.file_psb", "paper.returned"} <= {
        one["kind"] for one in told
    }
    shown = desk.post(f"/cases/{name}/reveals", {"why": "The provider's form asks."}).ok()
    assert (shown["head"]["id_number"], shown["subject"]["id_number"]) == (PASSPORT, COMPANY)
    assert desk.every(f"/cases/{name}/events")[-1]["kind"] == "numbers.revealed"
    for method, path in (
        ("GET", f"/cases/{name}"),
        ("PATCH", f"/cases/{name}"),
        ("GET", f"/cases/{name}/events"),
        ("POST", f"/cases/{name}/moves"),
        ("POST", f"/cases/{name}/reveals"),
        ("POST", f"/requirements/{papers['passport']['id']}/uploads"),
        ("GET", f"/documents/{again}"),
        ("GET", f"/documents/{again}/content"),
        ("POST", f"/documents/{again}/acceptance"),
    ):
        nobodys = (
            path.replace(name, "F-NOBODY")
            .replace(again, "D-NOBODY")
            .replace(papers["passport"]["id"], "R-NOBODY")
        )
        here, nowhere = lotus.call(method, path, {}), lotus.call(method, nobodys, {})
        assert (here.status, here.raw) == (nowhere.status, nowhere.raw), path
        assert here.status == 404
    assert name not in str(lotus.every("/cases")) + str(lotus.every("/notifications"))
    assert Stranger(portal).get(f"/cases/{name}").status == 401
    assert [one["reference"] for one in tess.every("/cases")] == [name]


def test_a_form_takes_what_was_announced_and_nothing_else(portal, desk, lotus):
    case = next(one for one in lotus.every("/cases") if one["stage"] == "draft")
    paper = lotus.case(case["reference"])["requirements"][0]["id"]
    content = samples.small_jpeg()
    form = lotus.start(paper, "paper.jpg", content, JPEG).ok(201)

    longer = post_form(form["url"], form["fields"], "paper.jpg", content + b"more", JPEG)
    elsewhere = {**form["fields"], "key": f"{form['fields']['key']}x"}
    other_key = post_form(form["url"], elsewhere, "paper.jpg", content, JPEG)
    other_type = {**form["fields"], "Content-Type": "text/html"}
    other_kind = post_form(form["url"], other_type, "paper.jpg", content, JPEG)

    assert {longer, other_key, other_kind} <= {400, 403}
    for wrong in ({"size": 21 * 1024**2}, {"size": 0}, {"content_type": "image/svg+xml"}):
        given = {"filename": "paper.jpg", "size": 5, "content_type": JPEG, **wrong}
        assert lotus.post(f"/requirements/{paper}/uploads", given).status == 422
    assert desk.post("/uploads/U-NOBODY/completion").status == 404
