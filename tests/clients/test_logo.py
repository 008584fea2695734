"""The agency's logo: a small picture, drawn anew in the cage, shown to everybody; nothing else passes by this door."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from clients import sight
from clients.models import Agency, Logo
from clients.queries import forget_agency
from clients.services.house import change_agency
from tests.documents import samples


def picture(form: str = "PNG", size: tuple[int, int] = (900, 300)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (174, 35, 24)).save(out, form)
    return out.getvalue()


def typed(browser: Browser, **changes) -> dict:
    form = browser.get("/settings/").context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    return {**given, **changes}


def send(browser: Browser, content: bytes, name: str = "logo.png", **changes):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    answer = browser.post("/settings/", typed(browser, picture=file, **changes))
    forget_agency()  # what follows the commit, which this test never makes
    return answer


def logo_now() -> str:
    with sight.every_client():
        return Agency.objects.get().logo


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_logo_is_drawn_anew_small_and_shown_on_every_page(agency, root, ada, as_page, form):
    assert send(as_page(root), picture(form)).status_code == 302

    address = logo_now()
    answer = Browser().get(address)
    shown = Image.open(BytesIO(answer.content))
    assert (shown.format, shown.size) in [("PNG", (480, 160)), ("JPEG", (480, 160))]
    assert answer["Content-Type"] == f"image/{shown.format.lower()}"
    assert "immutable" in answer["Cache-Control"] and "no-store" not in answer["Cache-Control"]
    for page in (as_page(ada).get("/"), Browser().get("/accounts/login/")):
        assert f'src="{address}"' in page.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_logo_stands_in_the_mails_by_the_portals_own_name(agency, root, ada, as_page, mailoutbox, settings):
    send(as_page(root), picture())

    Browser().post("/accounts/login/code/", {"email": ada.email}, headers={"Host": "localhost"})

    html = mailoutbox[-1].alternatives[0][0]
    assert f'src="{settings.BASE_URL}{logo_now()}"' in html


def test_bad_file_is_a_sentence_beside_the_field_and_nothing_typed_is_lost(agency, root, as_page):
    browser = as_page(root)
    for what, content, words in (
        ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "PNG, JPEG or WebP"),
        ("pdf", samples.scan_pdf(1), "PNG, JPEG or WebP"),
        ("heic", samples.heic((800, 600)), "PNG, JPEG or WebP"),
        ("program", b"MZ" + b"\0" * 400, "program"),
        ("cut", picture()[:-60], "file"),
        ("empty", b"", "empty"),
        ("large", b"\x89PNG\r\n\x1a\n" + b"\0" * 600_000, "512 KB"),
    ):
        answer = send(browser, content, name="x.png", phone="+86 10 5555 0000")

        page = answer.content.decode()
        assert answer.status_code == 422, what
        assert words in str(answer.context["form"].errors["picture"]), what
        assert 'value="+86 10 5555 0000"' in page, what
        assert logo_now() == "", what


def test_what_hung_on_the_picture_is_gone(agency, root, as_page):
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", (200, 100)).save(out, "JPEG", exif=exif)

    send(as_page(root), out.getvalue())

    assert b"secret place" in out.getvalue()
    assert b"secret place" not in Browser().get(logo_now()).content


def test_logo_is_taken_away_and_old_mails_keep_theirs(agency, root, as_page):
    browser = as_page(root)
    send(browser, picture())
    address = logo_now()

    browser.post("/settings/", typed(browser, no_logo="on"))

    assert logo_now() == ""
    assert Browser().get(address).status_code == 200
    with sight.every_client():
        assert Logo.objects.count() == 1


def test_address_under_static_from_before_is_shown_and_stays(agency, root, ada, as_page):
    with sight.every_client():
        change_agency(by=root, logo="/static/img/sign.svg")
    browser = as_page(root)

    browser.post("/settings/", typed(browser, phone="110"))

    assert logo_now() == "/static/img/sign.svg"
    assert 'src="/static/img/sign.svg"' in as_page(ada).get("/").content.decode()


def test_only_an_administrator_changes_it(agency, mei, ada, as_page):
    for person, status in ((mei, 403), (ada, 404)):
        file = SimpleUploadedFile("logo.png", picture(), content_type="image/png")
        assert as_page(person).post("/settings/", {"picture": file}).status_code == status
    assert logo_now() == ""


@pytest.mark.parametrize(
    ("path", "field"), [("/me/", "picture"), ("/settings/", "name"), ("/settings/people/", "x")]
)
def test_no_other_form_takes_a_file(agency, root, as_page, path, field):
    file = SimpleUploadedFile("passport.jpg", picture("JPEG"), content_type="image/jpeg")

    assert as_page(root).post(path, {field: file}).status_code == 413


def test_nothing_is_found_under_another_name(agency):
    assert Browser().get(f"/logo/{'0' * 64}/").status_code == 404
