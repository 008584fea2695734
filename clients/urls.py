from django.urls import path

from clients.views import covering, desk, entrance, me, seeing, settings, styleguide
from clients.views.language import language

app_name = "clients"
urlpatterns = [
    path("invitations/", entrance.joining, name="joining"),
    path("invitations/<str:token>/", entrance.invitation, name="invitation"),
    path("aside/", entrance.put_aside, name="aside"),
    path("accounts/again/", entrance.again, name="again"),
    path("language/", language, name="language"),
    path("logo/<slug:digest>/", settings.logo, name="logo"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("me/", me.me, name="me"),
    path("me/calendar/", me.calendar, name="calendar"),
    path("me/calendar/ending/", me.calendar_end, name="calendar-end"),
    # The desk
    path("clients/", desk.client_list, name="client-list"),
    path("clients/<str:reference>/", desk.client_detail, name="client-detail"),
    path("clients/<str:reference>/name/", desk.client_rename, name="client-rename"),
    path("clients/<str:reference>/invitations/", desk.invitation_add, name="invitation-add"),
    path(
        "clients/<str:reference>/members/<str:place>/replacement/",
        desk.contact_replace,
        name="contact-replace",
    ),
    path("clients/<str:reference>/sights/", seeing.sight_list, name="sights"),
    path("clients/<str:reference>/members/<str:place>/sight/", seeing.sight_begin, name="sight-begin"),
    path("as/<str:place>/ending/", seeing.sight_end, name="sight-end"),
    path("as/<str:place>/", seeing.sight_over, name="sight-over"),
    path("as/<str:place>/<path:rest>", seeing.sight_over, name="sight-over"),
    path("invitations/<str:reference>/renewal/", desk.invitation_renew, name="invitation-renew"),
    path("invitations/<str:reference>/revocation/", desk.invitation_revoke, name="invitation-revoke"),
    path("members/<str:reference>/ending/", desk.member_end, name="member-end"),
    path("members/<str:reference>/role/", desk.member_role, name="member-role"),
    path("people/<str:reference>/return/", settings.person_return, name="person-return"),
    path("people/<str:reference>/clients/", settings.person_clients, name="person-clients"),
    path("people/<str:reference>/cover/", covering.stand_in, name="stand-in"),
    path("people/<str:reference>/cover/ending/", covering.stand_in_end, name="stand-in-end"),
    # Settings and audit
    path("settings/", settings.agency_settings, name="settings"),
    path("settings/people/", settings.people, name="people"),
    path("settings/tokens/", settings.tokens, name="tokens"),
    path("settings/tokens/<str:reference>/revocation/", settings.token_revoke, name="token-revoke"),
    path("audit/", settings.audit, name="audit"),
]
