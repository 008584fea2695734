"""Every call as everybody, over two clients' things; the calls come from the router, a new one fails until classed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from cases.models import Finding
from clients import sight
from clients.models import ApiToken, Membership
from documents.models import Document, Upload
from icp_portal.api import api
from tests.api.filings import lotus_facts, make_case
from tests.documents.cast import open_upload
from tests.fixtures import Caller

EVERYBODY = {"root", "mei", "wen", "lim", "ada", "ann"}
AGENCY = {"root", "mei", "wen", "lim"}
OWN = AGENCY | {"ada"}

# call → (who may, who sees it but may not, body). Whoever is in neither is answered 404.
CALLS: dict[tuple[str, str], tuple[set[str], set[str], dict | None]] = {
    ("GET", "/cases"): (EVERYBODY | {"bo"}, set(), None),
    ("POST", "/cases"): (
        AGENCY,
        {"ada", "ann", "bo"},
        {"client": "{client}", "domain": {"name": "new.example"}},
    ),
    ("POST", "/clients"): (
        {"root", "mei", "wen"},
        {"lim", "ada", "ann", "bo"},
        {"name": "New Ltd", "contact": {"name": "New", "email": "new@new.example"}},
    ),
    ("GET", "/cases/{reference}"): (EVERYBODY, set(), None),
    ("PATCH", "/cases/{reference}"): (OWN, {"ann"}, {"site": {"name": "港湾新名商贸"}}),
    ("POST", "/cases/{reference}/moves"): (OWN, {"ann"}, {"move": "withdraw", "note": "Over."}),
    ("POST", "/cases/{reference}/phone-verifications"): (EVERYBODY, set(), {"person": "head"}),
    ("POST", "/cases/{reference}/phone-verifications/confirmation"): (
        EVERYBODY,
        set(),
        {"person": "head", "code": "000000"},
    ),
    ("GET", "/cases/{reference}/events"): (EVERYBODY, set(), None),
    ("GET", "/cases/{reference}/findings"): (EVERYBODY, set(), None),
    ("POST", "/cases/{reference}/findings/{code}/waiver"): (
        AGENCY,
        {"ada", "ann"},
        {"note": "The trademark is theirs."},
    ),
    ("POST", "/cases/{reference}/reveals"): (OWN, {"ann"}, {"why": "To fill in a form."}),
    ("POST", "/requirements/{requirement}/uploads"): (
        EVERYBODY,
        set(),
        {"filename": "passport.jpg", "size": 1000, "content_type": "image/jpeg"},
    ),
    ("GET", "/uploads/{upload}"): (EVERYBODY, set(), None),
    ("DELETE", "/uploads/{upload}"): (EVERYBODY, set(), None),
    ("POST", "/uploads/{upload}/completion"): (EVERYBODY, set(), {}),
    ("GET", "/documents/{document}"): (EVERYBODY, set(), None),
    ("POST", "/documents/{document}/acceptance"): (AGENCY, {"ada", "ann"}, {}),
    ("POST", "/documents/{document}/return"): (
        AGENCY,
        {"ada", "ann"},
        {"reasons": [{"code": "id_unclear"}], "note": ""},
    ),
    ("POST", "/documents/{document}/withdrawal"): ({"ada"}, AGENCY | {"ann"}, {}),
    ("GET", "/documents/{document}/content"): (EVERYBODY, set(), None),
    ("GET", "/notifications"): (EVERYBODY | {"bo"}, set(), None),
}
TOOLS = {"number", "due", "message", "footer", "eligibility", "documents"}
PEOPLE = ["root", "mei", "wen", "lim", "ada", "ann", "bo"]
ROUTER = sorted(
    (method, f"{bound.prefix}{path}")
    for bound in api._get_bound_routers()
    for path, view in bound.path_operations.items()
    for operation in view.operations
    for method in operation.methods
)


def as_listed(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


@pytest.fixture
def things(case, neighbour, ada, bo, store):
    """References of Harbour's things and of Lotus's, alike in every way."""

    def of(one, by) -> dict[str, str]:
        with sight.every_client():
            paper = one.requirements.get(kind="passport")
            upload = open_upload(paper, by=by)
            document = Document.objects.create(
                client=one.client,
                case=one,
                requirement=paper,
                upload=Upload.objects.create(
                    client=one.client,
                    requirement=paper,
                    by=by,
                    key=f"{one.client.reference}/{one.reference}-done",
                    filename="passport.jpg",
                    size=1000,
                    content_type="image/jpeg",
                    expires_at=timezone.now(),
                ),
                version=1,
                filename="passport.jpg",
                sent_by=by,
            )
            Finding.objects.create(
                client=one.client, case=one, code="site_name_unrelated", place="site.name", severity="warns"
            )
        return {
            "reference": one.reference,
            "code": "site_name_unrelated",
            "client": one.client.reference,
            "requirement": paper.reference,
            "upload": upload.reference,
            "document": document.reference,
        }

    return {"harbour": of(case, ada), "lotus": of(neighbour, bo)}


def call(caller: Caller, method: str, path: str, body: dict | None, names: dict[str, str]):
    if body and body.get("client"):
        body = {**body, "client": names["client"]}
    address = path.format(**names)
    return (
        caller.get(address)
        if method == "GET"
        else caller._call(method, address, body if body is not None else {})
    )


def test_every_call_is_classed():
    known = set(CALLS) | {("POST", f"/tools/{name}") for name in TOOLS}

    assert {(method, as_listed(path)) for method, path in ROUTER} == known


def test_everybody_tries(request, as_api, things):
    """Each trial is undone before the next."""
    callers = {name: as_api(request.getfixturevalue(name)) for name in PEOPLE}
    wrong = []
    for (method, path), (may, sees, body) in CALLS.items():
        for name, caller in callers.items():
            cache.clear()
            with transaction.atomic():
                answer = call(caller, method, path, body, things["harbour"])
                transaction.set_rollback(True)
            got = answer.status_code
            fits = (
                {403} if name in sees else {404} if name not in may else {200, 201, 202, 204, 302, 409, 422}
            )
            if got not in fits or (got == 422 and not path.endswith("confirmation")):
                wrong.append((method, path, name, got, answer.content[:300]))
    assert not wrong


def test_nobody_gets_in_without_a_token_that_lives(as_api, mei, things):
    callers = {"none": Caller(""), "wrong": Caller("icp_" + "x" * 43), "no prefix": Caller("x")}
    for name, change in {
        "revoked": {"revoked_at": timezone.now()},
        "expired": {"expires_at": timezone.now() - timedelta(seconds=1)},
    }.items():
        callers[name] = as_api(mei)
        with sight.every_client():
            ApiToken.objects.filter(pk=ApiToken.objects.latest("pk").pk).update(**change)
    wrong = []
    for (method, path), (_may, _sees, body) in CALLS.items():
        for name, caller in callers.items():
            answer = call(caller, method, path, body, things["harbour"])
            if answer.status_code != 401 or "WWW-Authenticate" not in answer:
                wrong.append((method, path, name, answer.status_code))
    assert not wrong


def test_a_token_for_reading_changes_nothing(as_api, mei, things):
    caller = as_api(mei, can_write=False)
    for (method, path), (_may, _sees, body) in CALLS.items():
        answer = call(caller, method, path, body, things["harbour"])
        assert (answer.status_code == 403) == (method != "GET"), (method, path, answer.status_code)


def test_a_token_for_reading_may_ask_the_toolbox(as_api, mei, agency):
    answer = as_api(mei, can_write=False).post("/tools/number", {"kind": "mobile", "value": "13800000001"})

    assert answer.status_code == 200


def test_leaving_ends_the_token_at_the_next_request(as_api, ada, lim, things):
    """W6; what was assigned to a specialist is no place of its own."""
    callers = [as_api(ada), as_api(lim)]
    with sight.every_client():
        Membership.objects.filter(user__in=[ada, lim]).exclude(role="assigned").update(
            ended_at=timezone.now()
        )

    for (method, path), (_may, _sees, body) in CALLS.items():
        for caller in callers:
            assert call(caller, method, path, body, things["harbour"]).status_code == 401, (method, path)


BODIES = ["", "{}", "{", "[]", '{"a": 1, "a": 2}', '{"move": "withdraw", "note": "x"}', "\0", "[" * 100_000]


def test_a_neighbours_thing_answers_like_one_that_never_was(request, as_api, things):
    """W5: status, body and headers, for good bodies and broken ones."""
    never = {"code": "site_name_unrelated", "reference": "F-00000000", "requirement": "R-000000000000"}
    never |= {"upload": "U-000000000000", "document": "D-000000000000"}
    callers = {name: as_api(request.getfixturevalue(name)) for name in ("ada", "lim", "ann")}
    # Every call meets every body and every person, and every person every body.
    tries = [
        (list(callers)[(at + turn) % 3], method, path, body)
        for at, (method, path) in enumerate(one for one in CALLS if "{" in one[1])
        for turn, body in enumerate(BODIES)
    ]
    wrong = []
    for name, method, path, body in tries:
        caller, answers = callers[name], []
        cache.clear()
        for names in (things["lotus"], never):
            answer = caller.browser.generic(
                method,
                "/api/v1" + path.format(**names),
                data=body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {caller.token}"},
            )
            answers.append((answer.status_code, answer.content, dict(answer.headers)))
        if answers[0] != answers[1] or answers[0][0] != 404:
            wrong.append((name, method, path, body[:40], answers))
    assert not wrong


def test_a_wrong_method_is_405_in_our_words(as_api, mei, things):
    caller, wrong = as_api(mei), []
    for path in {path for _method, path in CALLS}:
        methods = {method for method, listed in CALLS if listed == path}
        for method in {"GET", "POST", "PATCH", "PUT", "DELETE"} - methods:
            cache.clear()
            answer = call(caller, method, path, {}, things["harbour"])
            told = (answer.status_code, answer.json()["code"], set(answer["Allow"].split(", ")))
            if told != (405, "method_not_allowed", methods):
                wrong.append((method, path, told))
    assert not wrong


def test_a_cookie_is_worth_nothing_here(as_page, mei, case):
    assert as_page(mei).get(f"/api/v1/cases/{case.reference}").status_code == 401


def test_a_token_in_the_address_is_worth_nothing(as_api, mei, case):
    token = as_api(mei).token
    assert Caller("").get(f"/cases?token={token}&access_token={token}").status_code == 401


def test_a_responsible_person_sees_their_part_and_no_more(as_api, ann, mei, harbour, case):
    other = make_case(harbour, mei, **{**lotus_facts(), "name": "second.example"})
    caller = as_api(ann)

    assert [row["reference"] for row in caller.get("/cases").json()["items"]] == [case.reference]
    assert caller.get(f"/cases/{other.reference}").status_code == 404
    shown = caller.get(f"/cases/{case.reference}").json()
    assert {one["of"] for one in shown["requirements"]} == {"head", "manager"}
    assert shown["moves"] == []
    assert shown["head"]["name"] == "Ada Winter"


def test_two_people_of_a_filing_see_each_themselves(as_api, ann, mei, case):
    manager = {
        "name": "Cy Sample",
        "email": "cy@harbour.example",
        "mobile": "13800000003",
        "id_kind": "resident_id",
    }
    as_api(mei).patch(
        f"/cases/{case.reference}", {"manager": manager, "head": {"email": "head@harbour.example"}}
    )
    as_api(mei).patch(f"/cases/{case.reference}", {"manager": {"email": ann.email}})
    caller = as_api(ann)

    shown = caller.get(f"/cases/{case.reference}").json()

    assert (shown["head"], shown["manager"]["name"]) == (None, "Cy Sample")
    assert {one["of"] for one in shown["requirements"]} == {"manager"}
    assert "T12345678"[-4:] not in str(shown)
    asking = f"/cases/{case.reference}/phone-verifications"
    assert caller.post(asking, {"person": "head"}).status_code == 403
    assert caller.post(asking, {"person": "manager"}).status_code == 202


def test_the_description_needs_no_token_and_tells_nothing_real(client, case):
    answer = client.get("/api/v1/openapi.json")

    assert answer.status_code == 200
    told = answer.content.decode()
    assert "harbour" not in told.lower()
    assert case.reference not in told
    described = answer.json()
    assert not [path for path in described["paths"] if path.endswith("/")]
    assert "Bearer" in described["components"]["securitySchemes"]
    for path in described["paths"].values():
        for operation in path.values():
            assert {"401", "404", "409", "422", "429"} <= set(operation["responses"])


def test_there_are_no_interactive_docs(client, agency):
    for path in ("docs", "", "redoc", "swagger"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
