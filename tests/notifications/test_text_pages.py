"""Settings, Message texts: who comes in, what is shown before it is saved, and what stays of what was typed (T6)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core import mail

from cases.services import progress
from clients import sight
from notifications import texts
from notifications.models import Wording
from notifications.wording import TEXTS, shipped
from tests.notifications.cast import to, told

pytestmark = pytest.mark.django_db
LIST = "/settings/texts/"
NOTE = "/settings/texts/note.to_client/"


def typed(code: str, **parts: str) -> dict[str, str]:
    """The form as it stands, with these parts in its place; `_en` or `_zh` says which."""
    words = {
        f"{part}_{lang}": shipped(code, lang)[part] for lang in ("en", "zh") for part in TEXTS[code].parts
    }
    return {**words, "seen": "0", **parts}


def page_of(answer) -> str:
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


@pytest.fixture
def noted(case, mei, ada):
    with sight.every_client():
        progress.write_note(case, "Call me.", by=mei, audience="client")
    told()
    mail.outbox.clear()
    return case


def test_administrators_see_every_message_and_nobody_else_sees_the_pages(noted, as_page, root, mei, lim, ada):
    browser = as_page(root)
    page = page_of(browser.get(LIST))
    for code in TEXTS:
        assert f'href="{LIST}{code}/"' in page
        assert browser.get(f"{LIST}{code}/").status_code == 200, code
    for person in (mei, lim, ada):
        other = as_page(person)
        for path in (LIST, NOTE, f"{LIST}own/", f"{LIST}nothing/"):
            assert other.get(path).status_code == 404
        for path in (NOTE, f"{NOTE}shipped/", f"{LIST}own.x/withdrawal/", f"{LIST}own/"):
            data = {**typed("note.to_client", heading_en="Mine", heading_zh="我的"), "do": "save"}
            assert other.post(path, data).status_code == 404
    for path in (f"{LIST}nothing/", f"{LIST}own./", f"{LIST}own.nothing/"):
        assert browser.get(path).status_code == 404
    with sight.every_client():
        assert not Wording.objects.exists()


def test_a_preview_shows_a_real_case_in_both_languages_and_saves_nothing(
    noted, as_page, root, ada, bo, lotus
):
    new = typed("note.to_client", lines_en="Hello {recipient} & co of {client}.", lines_zh="{client} 您好。")
    page = page_of(as_page(root).post(NOTE, {**new, "do": "preview", "case": noted.domain_name.upper()}))

    assert "as typed, not saved" in page
    assert f"Hello Ada & co of {noted.client.name}." in page and f"{noted.client.name_zh} 您好。" in page
    assert "Mei wrote to you." in page and "Call me." in page and "made up here" not in page
    assert shipped("note.to_client", "zh")["heading"].replace("{person}", "Mei") in page
    assert lotus.name not in page
    with sight.every_client():
        assert not Wording.objects.exists()
    licence = page_of(as_page(root).get("/settings/texts/moved.grant_licence/?case=nothing"))
    assert "made up here" in licence and "No filing has this reference or domain" in licence


def test_what_is_refused_stands_beside_its_field_and_nothing_typed_is_lost(noted, as_page, root):
    attack = "{{ settings.SECRET_KEY }} <b>"
    new = typed("note.to_client", lines_en=attack, heading_zh="", after_en="Kept as typed.")
    for do in ("preview", "save"):
        answer = as_page(root).post(NOTE, {**new, "do": do})
        page = page_of(answer)

        assert answer.status_code == 422
        assert f"> {attack}</textarea>" in page and "Kept as typed." in page
        assert (
            "“{{ settings.SECRET_KEY }}” cannot be filled in. What may stand in braces here: {site}" in page
        )
        assert "This must not be empty" in page and "Both languages are wanted" in page
    with sight.every_client():
        assert not Wording.objects.exists()


def test_saved_words_go_out_stand_in_the_history_and_give_way_at_one_press(noted, as_page, root, mei, ada):
    browser = as_page(root)
    new = typed(
        "note.to_client", heading_en="{person} of {agency} wrote.", heading_zh="{agency} 的 {person} 来信。"
    )
    assert browser.post(NOTE, {**new, "do": "save"}).status_code == 302
    assert browser.post(NOTE, {**new, "do": "save", "heading_en": "Late."}).status_code == 409
    with sight.every_client():
        progress.write_note(noted, "Again.", by=mei, audience="client")
    told()

    (letter,) = to(ada.email)
    assert "Mei of Willow Filing wrote." in letter.body
    page = page_of(browser.get(NOTE))
    assert "<del>{person} wrote to you.</del> → <ins>{person} of {agency} wrote.</ins>" in page
    assert "Root" in page and "edited by us" in page

    browser.post(f"{NOTE}shipped/")
    assert "back to the shipped words" in page_of(browser.get(NOTE))
    assert texts.now().parts("note.to_client") == texts.shipped_parts("note.to_client")
    assert "Message text changed" in page_of(browser.get("/audit/"))


def test_the_page_says_when_the_house_has_changed_its_words_or_ours_cannot_be_used(noted, as_page, root):
    browser = as_page(root)
    browser.post(NOTE, {**typed("note.to_client", heading_en="Ours.", heading_zh="我们。"), "do": "save"})
    assert "The shipped words have changed" not in page_of(browser.get(NOTE))
    with sight.every_client():
        row = Wording.objects.get()
        older = {lang: {**words, "subject": "An older subject"} for lang, words in row.shipped.items()}
        newer = Wording.objects.create(code=row.code, parts=row.parts, shipped=older, by=root)
        changed_edition(newer.pk)

    assert "<del>An older subject</del>" in page_of(browser.get(NOTE))
    assert "the shipped words changed" in page_of(browser.get(LIST))
    same = {**typed("note.to_client", heading_en="Ours.", heading_zh="我们。"), "seen": str(newer.pk)}
    assert (
        browser.post(NOTE, {**same, "do": "save"}).status_code == 302
    )  # still right, says the administrator
    assert "the shipped words changed" not in page_of(browser.get(LIST))

    with sight.every_client():
        for parts in ({"en": 7}, {"en": {"lines": "{gone}"}, "zh": {}}):
            changed_edition(Wording.objects.create(code=row.code, parts=parts, by=root).pk)
            assert "These words cannot be used." in page_of(browser.get(NOTE))
            assert "cannot be used" in page_of(browser.get(LIST))


def changed_edition(edition: int) -> None:
    from clients.models import Agency
    from clients.queries import forget_agency

    Agency.objects.filter(pk=1).update(texts_edition=edition)
    forget_agency()


def test_a_text_of_our_own_is_added_previewed_and_withdrawn(noted, as_page, root):
    browser = as_page(root)
    words = {
        "name": "Call me",
        "line": "{site}: call",
        "subject": "{site}: call",
        "heading": "Call {manager}.",
    }
    new = {f"{part}_{lang}": said for part, said in words.items() for lang in ("en", "zh")}
    answer = browser.post(f"{LIST}own/", {**new, "code": "Call me", "heading_zh": "{manager.password}"})
    assert (
        answer.status_code == 422
        and "Small letters, digits" in page_of(answer)
        and "Call {manager}." in page_of(answer)
    )
    assert browser.post(f"{LIST}own/", {**new, "code": "call"}).headers["Location"] == f"{LIST}own.call/"

    page = page_of(browser.get(f"{LIST}own.call/"))
    assert "Call Mei." in page and f"{noted.domain_name}: call" in page and "Withdraw this text" in page
    browser.post(f"{LIST}own.call/withdrawal/")
    assert "withdrawn" in page_of(browser.get(LIST))
