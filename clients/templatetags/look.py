"""Words of the pages: days and waits as a person would say them, and the pieces that templates share.

A floor-one room: every app's templates may `{% load look %}`, and list pages may call the plain functions
once a row in Python instead of once a row in the template.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import markupsafe
from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select, Textarea
from django.forms.widgets import CheckboxSelectMultiple
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

register = template.Library()

BEIJING = ZoneInfo("Asia/Shanghai")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_ZH = "一二三四五六日"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SUMMERS = 1991  # the last year in which Beijing set its clocks forward
# A clock that ends at the last second of a day is a day, not an hour.
LAST_SECOND = (23, 59, 59)

type_day = dt.date | dt.datetime


def is_chinese() -> bool:
    return (get_language() or "en").startswith("zh")


def in_beijing(value: type_day) -> type_day:
    """A moment by Beijing's clock; a day stays the day it is."""
    if isinstance(value, dt.datetime) and value.tzinfo is not BEIJING and value.utcoffset() is not None:
        return value.astimezone(BEIJING)
    return value


def day_of(value: type_day) -> dt.date:
    return in_beijing(value).date() if isinstance(value, dt.datetime) else value


def today() -> dt.date:
    return dt.datetime.now(BEIJING).date()


def hour_matters(value: type_day) -> bool:
    """Says whether a deadline falls at an hour rather than at the end of its day."""
    if not isinstance(value, dt.datetime):
        return False
    at = in_beijing(value)
    return (at.hour, at.minute, at.second) != LAST_SECOND


def working_days_between(start: dt.date, end: dt.date) -> int:
    """Counts the working days after `start` up to and with `end`; negative where `end` is past."""
    from trade import days  # late: error pages stand without the trade's calendar

    return days.working_days_between(start, end) if end >= start else -days.working_days_between(end, start)


# -- days and moments --------------------------------------------------------------------------------


@register.filter
def day(value: type_day | None) -> str:
    """Tue 8 Dec · 12月8日 周二; with the year where it is another one."""
    if not value:
        return ""
    on = day_of(value)
    return _day(on, on.year != today().year, is_chinese())


@lru_cache(maxsize=4096)
def _day(on: dt.date, is_other_year: bool, in_chinese: bool) -> str:
    if in_chinese:
        return f"{_short_day(on, is_other_year, True)} 周{WEEKDAYS_ZH[on.weekday()]}"
    return f"{WEEKDAYS[on.weekday()]} {_short_day(on, is_other_year, False)}"


@register.filter
def long_day(value: type_day | None) -> str:
    """Tuesday 24 November · 11月24日 星期二: the title of a page about one day."""
    if not value:
        return ""
    on = day_of(value)
    if is_chinese():
        return f"{on.month}月{on.day}日 星期{WEEKDAYS_ZH[on.weekday()]}"
    return f"{WEEKDAYS_LONG[on.weekday()]} {on.day} {MONTHS_LONG[on.month - 1]}"


@register.filter
def short_day(value: type_day | None) -> str:
    """8 Dec · 12月8日: where the weekday would be noise."""
    if not value:
        return ""
    on = day_of(value)
    return _short_day(on, on.year != today().year, is_chinese())


@lru_cache(maxsize=4096)
def _short_day(on: dt.date, is_other_year: bool, in_chinese: bool) -> str:
    if in_chinese:
        return (f"{on.year}年" if is_other_year else "") + f"{on.month}月{on.day}日"
    return f"{on.day} {MONTHS[on.month - 1]}" + (f" {on.year}" if is_other_year else "")


def short_days() -> Callable[[dt.date], str]:
    """`short_day` for the many days of one page, in its language."""
    year, in_chinese = today().year, is_chinese()
    return lambda on: _short_day(on, on.year != year, in_chinese)


@register.filter
def clock_time(value: dt.datetime | None) -> str:
    """09:12, in Beijing."""
    return _clock(in_beijing(value)) if value else ""


# `strftime` and `isoformat` take three times as long, and a page has a hundred moments.


def _clock(at: dt.datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}"


def _date(at: dt.datetime) -> str:
    return f"{at.year:04}-{at.month:02}-{at.day:02}"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """Wed 25 Nov, 09:12 · 11月25日 周三 09:12; "today" where it is."""
    if not value:
        return ""
    at, now = in_beijing(value), today()
    time, on = _clock(at), at.date()
    if on == now:
        return gettext("today %(time)s") % {"time": time}
    in_chinese = is_chinese()
    return f"{_day(on, on.year != now.year, in_chinese)}{' ' if in_chinese else ', '}{time}"


@register.filter
def exact(value: type_day | None) -> str:
    """2026-12-08 23:59 Beijing: what a title says on hover."""
    if not value:
        return ""
    if not isinstance(value, dt.datetime):
        return value.isoformat()
    at = in_beijing(value)
    return _beijing_time(get_language()) % {"when": f"{_date(at)} {_clock(at)}"}


@cache
def _beijing_time(_language: str | None) -> str:
    return gettext("%(when)s Beijing time")


@register.filter
def iso(value: type_day | None) -> str:
    """What the datetime attribute of <time> takes."""
    if not isinstance(value, dt.datetime):
        return str(value or "")
    at = in_beijing(value)
    if at.tzinfo is BEIJING and at.year > SUMMERS:
        return f"{_date(at)}T{_clock(at)}+08:00"
    return at.isoformat(timespec="minutes")


@register.filter
def span(length: dt.timedelta) -> str:
    """17 h 30 min · 17 小时 30 分钟."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def left(value: dt.datetime | None) -> str:
    """How long a clock that runs in hours still has; empty once it is over."""
    if not value or (rest := value - timezone.now()) <= dt.timedelta():
        return ""
    return span(rest)


class _Due(NamedTuple):
    """A due date that is given, and the moment at which it is read."""

    value: type_day
    at: type_day  # by Beijing's clock
    on: dt.date
    at_hour: bool
    now: dt.datetime
    today: dt.date


def _due_of(value: type_day) -> _Due:
    now, at = timezone.now(), in_beijing(value)
    on, at_hour = at, False
    if isinstance(at, dt.datetime):
        on, at_hour = at.date(), (at.hour, at.minute, at.second) != LAST_SECOND
    return _Due(value, at, on, at_hour, now, now.astimezone(BEIJING).date())


@register.filter
def due_state(value: type_day | None, held: bool = False) -> str:
    """ok, soon, late or held: the shape of a due date."""
    if held:
        return "held"
    return _state(_due_of(value)) if value else "ok"


def _state(due: _Due) -> str:
    value, now = due.value, due.now
    if value < now if isinstance(value, dt.datetime) else value < due.today:
        return "late"
    if isinstance(value, dt.datetime) and value - now <= dt.timedelta(hours=24):
        return "soon"
    from trade.amounts import amount  # late, as with the trade's calendar

    return "soon" if 0 <= working_days_between(due.today, due.on) <= amount("soon_working_days") else "ok"


@register.filter
def due_day(value: type_day | None) -> str:
    """Today · Today 15:00 · Tue 8 Dec: the due date itself."""
    return _due_day(_due_of(value)) if value else ""


def _due_day(due: _Due) -> str:
    time = _clock(due.at) if due.at_hour else ""  # type: ignore[arg-type]
    if due.on == due.today:
        return gettext("Today %(time)s") % {"time": time} if time else pgettext("due date", "Today")
    on = _day(due.on, due.on.year != due.today.year, is_chinese())
    return f"{on} {time}" if time else on


@register.filter
def due_words(value: type_day | None) -> str:
    """in 3 working days · tomorrow · 17 h 30 min left · 2 working days late: the distance to a due date."""
    return _due_words(_due_of(value)) if value else ""


def _due_words(due: _Due) -> str:
    value, on, today = due.value, due.on, due.today
    if due.at_hour and abs(left := value - due.now) < dt.timedelta(hours=36):  # type: ignore[operator]
        if left >= dt.timedelta():
            return gettext("%(span)s left") % {"span": span(left)}
        return gettext("%(span)s late") % {"span": span(-left)}
    if on == today:
        return ""
    if (on - today).days == 1:
        return gettext("tomorrow")
    distance = working_days_between(today, on)
    if on > today:
        if not distance:
            return gettext("before the next working day")
        return ngettext("in %(days)d working day", "in %(days)d working days", distance) % {"days": distance}
    late = -distance or 1
    return ngettext("%(days)d working day late", "%(days)d working days late", late) % {"days": late}


@register.filter
def ago(value: type_day | None) -> str:
    """12 min ago · 3 h ago · yesterday · 15 working days ago."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        minutes = max(0, int((timezone.now() - value).total_seconds() // 60))
        if minutes < 1:
            return gettext("just now")
        if minutes < 60:
            return gettext("%(minutes)d min ago") % {"minutes": minutes}
        if day_of(value) == today():
            return gettext("%(hours)d h ago") % {"hours": minutes // 60}
    on = day_of(value)
    if on >= today():
        return gettext("today")
    if (today() - on).days == 1:
        return gettext("yesterday")
    days = working_days_between(on, today()) or 1
    return ngettext("%(days)d working day ago", "%(days)d working days ago", days) % {"days": days}


@register.simple_tag
def due(value: type_day | None, held: bool = False, prefix: str = "") -> SafeString:
    """Draws a due date with its distance; held says that its clock stands still."""
    if not value:
        return SafeString()
    told = _due_of(value)
    words = gettext("clock stopped") if held else _due_words(told)
    on = _due_day(told)
    if prefix and told.on != told.today:
        on = gettext("by %(day)s") % {"day": on}
    small = f" <small>{html.escape(words)}</small>" if words else ""
    state = "held" if held else _state(told)
    return SafeString(f'<span class="due" data-due="{state}">{_time(told.at, on)}{small}</span>')


@register.simple_tag
def when(value: type_day | None) -> SafeString:
    """Draws a moment or a day in words, the exact time on hover."""
    if not value:
        return SafeString()
    at = in_beijing(value)
    return SafeString(_time(at, moment(at) if isinstance(at, dt.datetime) else day(at)))


def _time(value: type_day, words: str) -> str:
    """There are dozens on a page, so each is one string."""
    return f'<time datetime="{iso(value)}" title="{exact(value)}">{html.escape(words)}</time>'


def event(
    kind: str, at: dt.datetime, words: str, by: str = "", audience: str = "", title: str = ""
) -> SafeString:
    """One item of a history, as `event` of `templates/jinja/pieces.html`: a case has thirty of them."""
    at = in_beijing(at)  # type: ignore[assignment]
    if audience:
        note = "<br>".join(markupsafe.escape(line) for line in words.splitlines())
        head = f'<span class="note-kind">{markupsafe.escape(title)}</span>'
        said = f'<div class="note" data-audience="{audience}">{head}{note}</div>'
    else:
        second = f' <span class="by">{markupsafe.escape(by)}</span>' if by else ""
        said = f"<div><p>{markupsafe.escape(words)}{second}</p></div>"
    return SafeString(f'<li data-event="{kind}">{_time(at, clock_time(at))}{said}</li>')


# -- numbers and names -------------------------------------------------------------------------------


@register.filter
def mask(value: str | None) -> str:
    """The last four signs of a number, the rest hidden."""
    return f"****{str(value)[-4:]}" if value else ""


@register.simple_tag
def named(name: str, name_zh: str) -> SafeString:
    """A client by both names, the reader's own first: the second is what a narrow column cuts off."""
    if not name_zh:
        return escape(name)
    first, second, of = (name_zh, name, "en") if is_chinese() else (name, name_zh, "zh-Hans")
    return SafeString(f'{html.escape(first)} <span lang="{of}">{html.escape(second)}</span>')


@register.filter
def tel(number: str) -> str:
    """A number of the mainland as a phone abroad can ring it; one with its country as it is."""
    digits = re.sub(r"[^\d+]", "", number or "")
    if digits.startswith(("+", "00")) or not digits:
        return digits
    return f"+86{digits.removeprefix('0')}"


@register.filter
def lang_tag(code: str | None) -> str:
    """zh-hans → zh-Hans, as a lang attribute writes it."""
    return "zh-Hans" if (code or "").lower().startswith("zh") else "en"


@register.filter
def file_size(value: int | None) -> str:
    """8.4 MB · 310 KB: the size of a file as a phone shows it."""
    if value is None:
        return ""
    if value < 1_000_000:
        return f"{max(1, round(value / 1000))} KB"
    return f"{value / 1_000_000:.1f} MB"


BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser(agent: str | None) -> str:
    """Chrome, Windows: the little of a browser's name that a person would know again."""
    told = [
        next((name for sign, name in names if sign in (agent or "")), "") for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, told)) or gettext("unknown browser")


@register.filter
def in_wechat(request: HttpRequest) -> bool:
    """Whether the page is read in WeChat's own browser, which has no passkeys and chooses pictures alone."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


# -- pieces ------------------------------------------------------------------------------------------


@register.simple_tag
def kept(name: str) -> SafeString:
    """A piece that depends on the language alone, rendered once a process: half of every page is such."""
    if settings.DEBUG or get_script_prefix() != "/":  # its links lead elsewhere, as in `seeing.py`
        return render_to_string(name)
    return _rendered(name, get_language())


@cache
def _rendered(name: str, _language: str | None) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def piece(name: str, /, **told: Any) -> SafeString:
    """A piece that pages of both engines draw: a macro of `templates/jinja/pieces.html`."""
    from clients import jinja  # late: that engine speaks the words of this file

    return mark_safe(jinja.piece(name, **told))  # noqa: S308 (it escapes what it is handed)


@register.simple_tag(takes_context=True)
def masthead(context: template.Context, place: str) -> SafeString:
    """The head of every page: `desk` or `portal`."""
    from clients import jinja

    of = {name: context.get(name) for name in ("agency", "user", "csrf_token")}
    of["user"] = getattr(of["user"], "reader", of["user"])
    told = {"frame": jinja.frame_of(context.get("request"), **of), "unread": context.get("unread")}
    if place == "desk":
        return jinja.desk_masthead(**told, q=context.get("q", ""))
    return piece(f"{place}_masthead", **told)


@register.simple_tag
def copier(value: Any, label: Any) -> SafeString:
    """The key that copies `value`, which `label` names; there are dozens on a page, so it is one string."""
    sign, words = _copy_words(str(label), get_language())
    return SafeString(
        f'<button class="copy" type="button" data-copy="{html.escape(str(value))}" '
        f'aria-label="{words}" data-scripted>{sign}</button>'
    )


@lru_cache(maxsize=1024)
def _copy_words(label: str, _language: str | None) -> tuple[str, str]:
    return html.escape(gettext("Copy")), html.escape(gettext("Copy: %(label)s") % {"label": label})


@register.simple_tag
def dressed(field: BoundField, width: str = "") -> SafeString:
    """A form's field with the class its kind wears; Django itself ties help and error to it."""
    widget = field.field.widget
    attrs: dict[str, Any] = {}
    worn = widget.attrs.get("class", "")
    if not isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple | FileInput):
        if widget.attrs.get("autocomplete") == "one-time-code" and "code-input" not in worn:
            worn = f"code-input code-long {worn}"  # allauth's codes: eight letters, or digits of an app
            attrs["placeholder"] = ""
        attrs["class"] = (worn if "code-input" in worn else f"input {worn}").strip()
        if widget.attrs.get("placeholder") == field.label or widget.attrs.get("placeholder") == gettext(
            "Email address"
        ):
            attrs["placeholder"] = ""  # a label says it already, and stays while one types
    if width:
        attrs["data-width"] = width
    return field.as_widget(attrs=attrs)


@register.filter
def field_kind(field: BoundField) -> str:
    """choices, tick, file, select, text or line: how the field component lays itself out."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "tick"
    if isinstance(widget, FileInput):
        return "file"
    if isinstance(widget, Select):
        return "select"
    return "text" if isinstance(widget, Textarea) else "line"


@register.simple_tag
def sms_clock(started_at: dt.datetime, due_at: dt.datetime) -> SafeString:
    """A clock of hours as strokes: one an hour, those gone in ink; triangles where somebody is reminded."""
    from trade.reminders import SMS, hours_told  # late, as with the trade's calendar

    now = timezone.now()
    hours = max(1, round((due_at - started_at).total_seconds() / 3600))
    gone = min(float(hours), max(0.0, (now - started_at).total_seconds() / 3600))
    strokes = [{"x": n * 12, "gone": max(0.0, min(1.0, gone - n))} for n in range(hours)]
    for stroke in strokes:
        stroke["width"] = f"{stroke['gone'] * 9:.1f}"
    late = now > due_at
    return piece(
        "clock",
        strokes=strokes,
        width=hours * 12 - 3,
        marks=[f"{hour * 12 - 1.5}" for hour in hours_told(SMS) if hour < hours],
        state="late" if late else "running",
        # While the SMS is on its way nobody has more than the whole day.
        span=span(now - due_at if late else due_at - max(now, started_at)),
        hours=hours,
        gone=int(gone),
        due_at=due_at,
        late=late,
    )
