"""The client's own pages of a case; `cases/urls.py` names them `cases:…`."""

from django.urls import path

from cases.views import aftercare, answers, listening, outside, portal

urlpatterns = [
    path("cases/<str:reference>/changes/", aftercare.change_report, name="change-report"),
    path("cases/<str:reference>/facts/<slug:thing>/", answers.facts_page, name="facts"),
    path(
        "cases/<str:reference>/facts/<slug:thing>/earlier/", answers.facts_take_over, name="facts-take-over"
    ),
    path("cases/<str:reference>/mobiles/<slug:part>/", outside.phone, name="phone"),
    path("cases/<str:reference>/mobiles/<slug:part>/code/", outside.phone_code, name="phone-code"),
    path("cases/<str:reference>/letters/", portal.letters, name="letters"),
    path("cases/<str:reference>/message/", listening.message_report, name="message-report"),
    path("cases/<str:reference>/sms-codes/", outside.sms_codes, name="sms-codes"),
    path("cases/<str:reference>/call/", outside.call_back, name="call-back"),
    path("cases/<str:reference>/psb-filing/", outside.psb_filing, name="psb-filing"),
    path(
        "cases/<str:reference>/licence-application/", outside.licence_application, name="licence-application"
    ),
    path("cases/<str:reference>/withdrawal/", portal.withdrawal, name="withdrawal"),
    path("requirements/<str:reference>/report/", outside.report, name="task-report"),
]
