"""Two people, one thing: one wins, the other is told in words, and the history tells it once."""

from tests.chaos.calamity import SWEEP, at_once
from tests.documents import samples
from tests.journeys.stranger import post_form


def waiting_for_the_provider(desk) -> str:
    return next(
        one["reference"] for one in desk.every("/cases?stage=provider_pre_audit") if not one["on_hold"]
    )


def test_two_people_make_the_same_move_and_one_is_told(desk, colleague):
    name = waiting_for_the_provider(desk)
    path, given = f"/cases/{name}/moves", {"move": "pass_pre_audit"}

    answers = at_once(lambda: desk.post(path, given), lambda: colleague.post(path, given))

    assert sorted(one.status for one in answers) == [200, 409]
    assert all(one["detail"] for one in answers if one.status == 409)
    moves = [one["move"] for one in desk.every(f"/cases/{name}/events") if one["kind"] == "case.moved"]
    assert moves.count("pass_pre_audit") == 1


def test_twenty_clicks_are_one_move(desk):
    name = waiting_for_the_provider(desk)
    path, given = f"/cases/{name}/moves", {"move": "return_for_changes", "reasons": [{"code": "site_name"}]}

    answers = at_once(*[lambda: desk.post(path, given)] * 20)

    statuses = [one.status for one in answers]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 409, 429, 503}
    moves = [one["move"] for one in desk.every(f"/cases/{name}/events") if one["kind"] == "case.moved"]
    assert moves.count("return_for_changes") == 1
    assert desk.case(name)["round"] == 2


def test_two_writers_of_one_version_and_one_is_told(desk, colleague, draft):
    path, tag = f"/cases/{draft['reference']}", f'"{draft["version"]}"'

    answers = at_once(
        lambda: desk.patch(path, {"site": {"note": "Mei was here."}}, If_Match=tag),
        lambda: colleague.patch(path, {"site": {"note": "Wen was here."}}, If_Match=tag),
    )

    won, lost = sorted(answers, key=lambda one: one.status)
    assert (won.status, lost.status) == (200, 409)
    assert lost["version"] == won["version"] == draft["version"] + 1


def test_twenty_completions_are_one_document(portal, harbour, paper, draft):
    content = samples.small_jpeg((300, 199))
    form = harbour.start(paper, "once.jpg", content, "image/jpeg").ok(201)
    assert post_form(form["url"], form["fields"], "once.jpg", content, "image/jpeg") == 201

    answers = at_once(*[lambda: harbour.post(f"/uploads/{form['upload']}/completion")] * 20)

    told = [one for one in answers if one.status == 202]
    assert len(told) >= 1
    assert {one.status for one in answers} <= {202, 429, 503}
    documents = {one["document"] for one in told}
    assert len(documents) == 1
    (document,) = documents
    assert harbour.checked(document, SWEEP)["state"] == "available"
    events = [
        one["kind"]
        for one in harbour.every(f"/cases/{draft['reference']}/events")
        if one["data"].get("document") == document
    ]
    assert events == ["paper.sent", "paper.available"]


def test_twenty_repeats_with_one_key_are_one_client(portal, desk, mark):
    name, address = f"Once {mark} Ltd", f"olga-{mark}@once.example"
    given = {"name": name, "contact": {"name": "Olga", "email": address}}

    answers = at_once(*[lambda: desk.post("/clients", given, Idempotency_Key=f"once {mark}")] * 20)

    made = [one for one in answers if one.status == 201]
    assert len(made) >= 1
    assert {one.status for one in answers} <= {201, 409, 429, 503}
    assert len({one["reference"] for one in made}) == 1
    assert portal.sql("SELECT count(*) FROM clients_client WHERE name = %s", name) == [(1,)]
    portal.wait_until(lambda: portal.mails(address), SWEEP, 0.3)
    assert len(portal.mails(address)) == 1
