"""Storage away in the middle of an upload: it is said in words, the paper waits, and it heals by itself."""

from tests.chaos.calamity import SWEEP
from tests.documents import samples
from tests.journeys.stranger import post_form


def test_storage_stopped_in_an_upload_delays_it_and_loses_nothing(portal, desk, harbour, paper):
    content, later = samples.small_jpeg((321, 201)), samples.small_jpeg((322, 202))
    known = harbour.send(paper, "known.jpg", samples.small_jpeg((320, 200)), "image/jpeg")
    assert harbour.checked(known)["state"] == "available"
    form = harbour.start(paper, "cut.jpg", content, "image/jpeg").ok(201)
    assert post_form(form["url"], form["fields"], "cut.jpg", content, "image/jpeg") == 201

    portal.stop("store")
    status, health = portal.get("/healthz")
    done = harbour.post(f"/uploads/{form['upload']}/completion")
    document = done["document"]
    waits = portal.wait_until(lambda: harbour.document(document)["waits_for"], SWEEP, 0.3)
    begun = harbour.start(paper, "later.jpg", later, "image/jpeg")
    halted = post_form(begun["url"], begun["fields"], "later.jpg", later, "image/jpeg")
    looked = desk.get(f"/documents/{known}/content")
    state = harbour.document(document)["state"]
    portal.start("store")

    assert (status, b'"storage"' in health) == (503, True)
    assert (done.status, state, waits) == (202, "checking", "storage")
    assert (begun.status, halted) == (201, 0)  # signing asks nobody; the browser sees the bar halt
    assert looked.status in (302, 503)
    if looked.status == 503:
        assert looked["detail"]
        assert looked.headers["Retry-After"]
    portal.healed(180)
    assert harbour.checked(document, SWEEP)["state"] == "available"
    assert post_form(begun["url"], begun["fields"], "later.jpg", later, "image/jpeg") == 201
    second = harbour.post(f"/uploads/{begun['upload']}/completion").ok(202)["document"]
    assert harbour.checked(second, SWEEP)["state"] == "available"
    assert harbour.document(document)["state"] == "superseded"
