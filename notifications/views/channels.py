"""The ways messages go: the agency's under Settings, a person's own, and the ledger of all that went."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.bells import ring_when_committed
from clients.bodies import found
from clients.entrance import fresh_sign_in
from clients.models import User
from clients.refusals import Invalid
from clients.views.doors import agency_only, layout_of
from notifications import letters, services, texts
from notifications.channel_forms import RobotForm, WaysForm
from notifications.models import Channel, Notification, Robot, State
from notifications.queries import LEDGER, page_of, searched
from notifications.reasons import sentence_of
from notifications.tasks import deliver
from notifications.views.told import shown

# ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


@agency_only
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def channels(request: HttpRequest) -> HttpResponse:
    """Which ways there are and how they do; the robots of chat rooms, added here."""
    _administrators(request)
    form, status = RobotForm(), 200
    if request.method == "POST":
        form = RobotForm(request.POST)
        if form.is_valid():
            robot = services.add_robot(**form.cleaned_data, by=request.user)
            messages.success(
                request,
                _("%(room)s is added. Send a test; then whoever likes chooses it.") % {"room": robot.name},
            )
            return redirect("notifications:channels")
        status = 422
    outages = {one.channel: one for one in services.open_outages()}
    last = Notification.own.filter(source="robot", source_id=OuterRef("pk")).order_by("-id")
    robots = Robot.objects.filter(ended_at__isnull=True).order_by("name", "pk")
    rows = robots.annotate(
        test_state=Subquery(last.values("state")[:1]), test_reason=Subquery(last.values("reason")[:1])
    )
    told = {
        "form": form,
        "robots": [
            {
                "robot": one,
                "test": State(one.test_state).label if one.test_state else "",
                "why": sentence_of(one.test_reason) if one.test_reason else "",
            }
            for one in rows
        ],
        "ways": [
            {"name": Channel(code).label, "by": by, "outage": outages.get(code)} for code, by in _ways()
        ],
    }
    return render(request, "settings/channels.html", told, status=status)


def _ways() -> list[tuple[str, str]]:
    """Each way, and by whom it goes; empty where it is not set up."""
    backend = settings.EMAIL_BACKEND.removeprefix("anymail.backends.")
    provider = backend.partition(".")[0].replace("_", " ")
    rooms = Robot.objects.filter(ended_at__isnull=True).count()
    return [
        (Channel.MAIL.value, provider if backend != settings.EMAIL_BACKEND else _("a mail server")),
        # The suppliers are told to the messenger only, which sends.
        (Channel.SMS.value, _("as the messenger is set up")),
        (Channel.WECHAT.value, settings.WECHAT_APP_ID and _("the agency's service account")),
        (Channel.CHAT.value, str(rooms) if rooms else ""),
    ]


@agency_only
@require_POST
def robot_test(request: HttpRequest, reference: str) -> HttpResponse:
    """A line in the room; how it ended is read on the page."""
    _administrators(request)
    robot = found(Robot.objects.filter(ended_at__isnull=True), reference)
    for pk in services.try_robot(robot, by=request.user):
        ring_when_committed(deliver, pk, retry=False)
    messages.success(request, _("A test goes out. Load this page again in a moment to see how it ended."))
    return redirect("notifications:channels")


@agency_only
@require_POST
@fresh_sign_in
def robot_end(request: HttpRequest, reference: str) -> HttpResponse:
    """The room hears no more."""
    _administrators(request)
    services.end_robot(found(Robot.objects.filter(ended_at__isnull=True), reference), by=request.user)
    messages.success(request, _("That room hears nothing more."))
    return redirect("notifications:channels")


def _administrators(request: HttpRequest) -> None:
    if not request.user.standing.is_administrator:
        raise Http404


# ── One's own ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "HEAD", "POST"])
def ways(request: HttpRequest) -> HttpResponse:
    """By which ways I am told, and in which language."""
    person = User.objects.get(pk=request.user.pk)
    has_room = request.user.standing.is_agency and Robot.objects.filter(ended_at__isnull=True).exists()
    form, status = WaysForm(instance=person, has_room=has_room), 200
    if request.method == "POST":
        form = WaysForm(request.POST, instance=person, has_room=has_room)
        if form.is_valid():
            form.instance.save(update_fields=list(form.cleaned_data))
            translation.activate(form.instance.language)
            messages.success(request, _("Saved."))
            return redirect("notifications:ways")
        status = 422
    return render(
        request, "notifications/ways.html", {"layout": layout_of(request), "form": form}, status=status
    )


# ── The ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
@agency_only
def ledger(request: HttpRequest) -> HttpResponse:
    """All that was or will be told, in the reader's sight; by case, person, way and state."""
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:254] for name in LEDGER}
    said = urlencode({name: value for name, value in asked.items() if value})
    try:
        page = page_of(
            searched(request.user, asked), request.user, f"all:{said}", request.GET.get("cursor", "")
        )
    except Invalid:
        return redirect(f"{request.path}?{said}" if said else request.path)
    words = texts.now()
    told = {
        "rows": [shown(one, words=letters.headline(one, words)) for one in page.items],
        "asked": asked,
        "is_narrowed": bool(said),
        "channels": Channel.choices,
        "states": State.choices,
        "here": f"{request.path}?{said}",
        "next_link": f"?{urlencode({**asked, 'cursor': page.next})}" if page.next else "",
        "first_link": f"?{said}" if request.GET.get("cursor") else "",
    }
    return render(request, "notifications/messages.html", told)
