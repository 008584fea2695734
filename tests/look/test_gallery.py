"""Every shared piece in its states, on one page a side: the living style page, looked at by axe."""

import datetime as dt
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.utils import timezone

from tests.look.test_pages import RULES

GALLERY = Path(__file__).parent / "gallery"
STATES = ("done", "done", "here", "ahead", "ahead", "ahead", "branch")
NAMES = (
    "Draft",
    "Provider pre-audit",
    "Photo",
    "MIIT review",
    "Licensed",
    "PSB filed",
    "Commercial licence",
)


class Answers(forms.Form):
    name = forms.CharField(label="Full name", help_text="As in the passport")
    mobile = forms.CharField(label="Mobile number", help_text="11 digits")
    kind = forms.ChoiceField(label="Kind of ID", choices=[("p", "Passport")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    province = forms.ChoiceField(label="Province", choices=[("SH", "Shanghai")])
    agreed = forms.BooleanField(label="I agree")
    code = forms.CharField(label="Code", widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))


def exhibits() -> dict:
    now = timezone.now()
    night = now.replace(hour=15, minute=59, second=59, microsecond=0)  # the end of a day in Beijing
    return {
        "now": now,
        "form": Answers({"name": "Ann", "mobile": "199000"}),
        "sms": now - dt.timedelta(hours=6.5),
        "sms_due": now + dt.timedelta(hours=17.5),
        "dues": [
            now + dt.timedelta(hours=3),
            night - dt.timedelta(days=6),
            night + dt.timedelta(days=14),
            night,
        ],
        "stops": [
            {
                "state": state,
                "name": name,
                "when": "2–16 Nov",
                "note": "2 reasons",
                "leg": "2 wd",
                "mine": state == "here",
            }
            for state, name in zip(STATES, NAMES, strict=True)
        ],
    }


# Each width and each scheme once; all pairs of them take their time.
ENDS = [(360, "light"), (1440, "dark")]
BETWEEN = [(360, "dark"), (1440, "light"), (820, "light"), (820, "dark")]


@pytest.mark.parametrize(
    "ways", [ENDS, pytest.param(BETWEEN, marks=pytest.mark.long)], ids=["ends", "between"]
)
@pytest.mark.parametrize("side", ["desk", "portal"])
def test_every_piece_is_readable_at_every_width(stage, side, ways):
    for width, scheme in ways:
        stage.page.set_viewport_size({"width": width, "height": 740})
        stage.page.emulate_media(color_scheme=scheme)
        page = stage.show((GALLERY / f"{side}.html").read_text(), **exhibits())

        assert Axe().run(page, options=RULES).response["violations"] == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, scheme)
