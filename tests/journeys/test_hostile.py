"""Careless and hostile people at every form: a sentence each, nothing lost, nothing executed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from clients import sight
from clients.models import User
from tests.api.filings import make_case
from tests.journeys.attack import TYPED, Attacker, together
from tests.journeys.forms import Form, Walker
from tests.journeys.pages import PAGES
from tests.journeys.world import make_world, seeds, visitor

pytestmark = pytest.mark.django_db

# Posts that no form of a page makes.
ELSEWHERE = {
    "eligibility/": "its questions are asked by GET, so that the answers stand in the address",
    "requirements/<slug:reference>/uploads/": "static/js/upload.js asks for it, in JSON",
    "tasks/<slug:reference>/earlier/": "a button without a box",
    "as/<str:place>/": "pages that are seen as a client take nothing: tests/clients/test_seeing.py",
    "as/<str:place>/<path:rest>": "the same",
    "as/<str:place>/ending/": "the same",
    "bulk/<str:reference>/return/": "a button without a box, once cases were handed over",
    "cases/<str:reference>/people/<slug:part>/": "a button without a box, while a person has no place",
    "clients/<str:reference>/release/": "a button without a box, while papers are near their day",
    "imports/<slug:reference>/arrival/": "a button without a box, once a spreadsheet lies there",
    "imports/<slug:reference>/invitations/": "a button without a box, once contacts were noted",
    "imports/<slug:reference>/withdrawal/": "a button without a box, once a spreadsheet came in",
    "me/data/consents/<slug:reference>/withdrawal/": "a button without a box, while the consent stands",
    "people/<str:reference>/cover/ending/": "a button without a box, while somebody stands in",
    "people/<str:reference>/handover/": "one choice, where somebody has cases: tests/cases/test_handing_over.py",
    "uploads/<slug:reference>/cancellation/": "static/js/upload.js asks for it",
}
LANGUAGES = ("en", "zh-hans")
FEW = ("long", "script", "empty")
# To a box of lines or of choices these are one more text that is not meant: "many digits" stands for all of them.
OF_A_LINE = {"no day", "less than nothing", "beyond numbers"}


def speak(attacker: Attacker, user: User | None, language: str) -> None:
    if user is None:
        attacker.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        return
    with sight.every_client():
        User.objects.filter(pk=user.pk).update(language=language)


class Tried:
    """What is typed into a form that was met: everything, or a few where its like has had everything.

    Both contacts of a client are answered by one view, everybody's account by another, and one class draws the forms
    of every table of the rules; a form of hidden boxes and buttons takes no text from anybody.
    """

    def __init__(self) -> None:
        self.signs: set[object] = set()

    def __call__(self, form: Form) -> tuple[str, ...]:
        sign = form.sign if form.route.startswith(("accounts/", "me/")) else (form.who == "root", form.sign)
        is_known = sign in self.signs or form.route.startswith("settings/rules/<str:kind>/")
        self.signs.add(sign)
        if is_bare(form):
            return ("script", "empty") if form.boxes else ("empty",)
        is_of_a_line = any(box.kind == "text" for box in form.boxes)
        return FEW if is_known else tuple(what for what in TYPED if is_of_a_line or what not in OF_A_LINE)


def is_bare(form: Form) -> bool:
    return all(box.kind in ("hidden", "button") for box in form.boxes)


def attacked(
    attacker: Attacker, forms: Iterable[Form], user: User | None, kinds: Callable[[Form], Iterable[str]]
) -> Iterator[str]:
    """Each kind of text in all boxes at once, by turns in both languages, and script in the hidden ones too."""
    for turn, form in enumerate(forms):
        for place, what in enumerate(kinds(form), turn):
            language = LANGUAGES[place % 2]
            speak(attacker, user, language)
            typed = together(form, what, hidden=what == "script" and (place % 2 == 0 or is_bare(form)))
            yield from (f"{form} [{what}]: {problem}" for problem in attacker.send(form, typed, language))


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_every_form_answers_in_words_and_loses_nothing(
    request, settings, harbour, lotus, mei, ada, lim, root, agency, store
):
    """The forms are found by walking; an address that takes a POST and stands on no page fails here."""
    settings.WATCH = True
    world = make_world(harbour, lotus, mei=mei, ada=ada, lim=lim, root=root)
    wrong: list[str] = []
    met: set[str] = set()
    tried = Tried()
    for who in ("ada", "ann", "root", "nobody"):
        user = None if who == "nobody" else request.getfixturevalue(who)
        walker = Walker(who, visitor(user, world)).walk(seeds(world, who))
        forms = [form for form in walker.forms.values() if form.method in ("get", "post")]
        met |= {form.route for form in forms if form.method == "post"}
        wrong += walker.broken
        wrong += attacked(Attacker(visitor(user, world)), forms, user, tried)

    assert not wrong, "\n".join(wrong)
    assert {route for route, page in PAGES.items() if page.post} - met == set(ELSEWHERE)


@pytest.mark.parametrize(("who", "paths"), [
    ("mei", ("/cases/{case}/facts/?of=head", "/cases/{case}/moves/hold/", "/clients/?add", "/me/")),
    ("root", ("/settings/texts/moved.submit/", "/settings/texts/role.changed/", "/settings/texts/own/")),
    ("ada", ("/cases/{case}/facts/subject/", "/cases/{case}/facts/domain/", "/cases/{case}/letters/")),
])  # fmt: skip
def test_the_forms_of_every_day_answer_in_words_and_lose_nothing(request, harbour, agency, mei, who, paths):
    case, user = make_case(harbour, mei), request.getfixturevalue(who)
    walker = Walker(who, visitor(user, {"further": ""}))
    for path in paths:
        walker.meet(path.format(case=case.reference))
    forms = [form for form in walker.forms.values() if form.page == form.action or form.boxes]

    assert len(forms) >= len(paths)
    attacker = Attacker(visitor(user, {"further": ""}))
    assert list(attacked(attacker, forms, user, lambda _form: (*FEW, "signs", "bytes"))) == []
