from importlib.util import find_spec

from django.urls import include, path

from cases.views import (
    aftercare,
    board,
    bulk,
    case,
    commercial,
    desk,
    facts,
    feeds,
    footers,
    handing_over,
    home,
    inquiry,
    listening,
    month,
    moves,
    of_client,
    photo,
    planning,
    preflight,
    reports,
    saved,
    steps,
    watch,
)

desk_paths = [
    path("cases/", desk.case_list, name="case-list"),
    path("cases/new/", desk.case_new, name="case-new"),
    path("cases/views/", saved.view_list, name="view-list"),
    path("cases/aftercare/", aftercare.duty_list, name="duty-list"),
    path("cases/<str:reference>/", case, name="case-detail"),
    path("eligibility/", inquiry.eligibility, name="eligibility"),
    path("bulk/", bulk.bulk_choose, name="bulk-choose"),
    path("bulk/<str:reference>/", bulk.bulk_run, name="bulk-run"),
    path("bulk/<str:reference>/return/", handing_over.hand_back, name="hand-back"),
    path("people/<str:reference>/handover/", handing_over.hand_over, name="hand-over"),
    path("cases/views/first/", saved.view_first, name="view-first"),
    path("cases/views/<str:reference>/", saved.view_change, name="view-change"),
    path("cases/views/<str:reference>/removal/", saved.view_remove, name="view-remove"),
    path("duties/<str:reference>/", aftercare.duty, name="duty"),
    path("duties/<str:reference>/waiver/", aftercare.duty_waive, name="duty-waive"),
    path("cases/<str:reference>/checks/", aftercare.check_notice, name="check-notice"),
    path("cases/<str:reference>/moves/<slug:move>/", moves.move_make, name="move-make"),
    path("cases/<str:reference>/stage/", board.stage_set, name="stage-set"),
    path("cases/<str:reference>/facts/", facts.facts_edit, name="facts-edit"),
    path("cases/<str:reference>/manager/", facts.manager_set, name="manager-set"),
    path("cases/<str:reference>/reveals/", facts.reveal, name="reveal"),
    path("cases/<str:reference>/commercial/", commercial.licence, name="commercial"),
    path("cases/<str:reference>/commercial/<slug:act>/", commercial.act, name="commercial-act"),
    path("cases/<str:reference>/footer/", footers.footer_check, name="footer-check"),
    path("cases/<str:reference>/watch/", watch.site_watch, name="site-watch"),
    path("cases/<str:reference>/watch/looks/", watch.look_now, name="look-now"),
    path("cases/<str:reference>/filing-kind/", planning.filing_kind, name="filing-kind"),
    path("cases/<str:reference>/preflight/", preflight.preflight_run, name="preflight"),
    path("cases/<str:reference>/findings/<slug:code>/waiver/", preflight.finding_waive, name="finding-waive"),
    path("cases/<str:reference>/photo/<slug:way>/", photo.photo_arrange, name="photo-arrange"),
    path("cases/<str:reference>/steps/call/", steps.call_log, name="call-log"),
    path("cases/<str:reference>/steps/<slug:step>/", steps.step_take, name="step-take"),
    path("clients/<str:reference>/notes/", of_client.note_write, name="client-note"),
    path("cases/<str:reference>/here/", desk.here, name="here"),
    path("cases/<str:reference>/notes/<slug:audience>/", steps.note_write, name="note-write"),
    path("cases/<str:reference>/people/<slug:part>/", steps.person_invite, name="person-invite"),
    path("cases/<str:reference>/phones/<slug:part>/", steps.phone_ask, name="phone-ask"),
    path("cases/<str:reference>/phones/<slug:part>/confirmation/", steps.phone_confirm, name="phone-confirm"),
    path("messages/read/", listening.message_read, name="message-read"),
    path("proposals/<str:reference>/", listening.proposal, name="proposal"),
    path("proposals/<str:reference>/dismissal/", listening.proposal_dismiss, name="proposal-dismiss"),
    path("calendar/", month.calendar, name="calendar"),
    path("reports/", reports.reports_page, name="reports"),
    path("requirements/<str:reference>/waiver/", steps.waiver, name="waiver"),
    path("requirements/<str:reference>/settlement/", steps.settlement, name="settlement"),
]

# A person's own calendar, for a program that signs nobody in.
feed_paths = [path("feeds/<str:secret>.ics", feeds.feed, name="feed")]

# The client's pages name theirs beside these.
portal_paths = [path("", include("cases.portal_urls"))] if find_spec("cases.portal_urls") else []

urlpatterns = [
    path("", home, name="home"),
    path("", include((desk_paths + feed_paths + portal_paths, "cases"))),
]
