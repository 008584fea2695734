from django.urls import path

from rights.views import data, erasure

app_name = "rights"
urlpatterns = [
    path("me/data/", data.data, name="data"),
    path("me/data/consents/<slug:reference>/", data.consent_give, name="consent-give"),
    path("me/data/consents/<slug:reference>/withdrawal/", data.consent_withdraw, name="consent-withdraw"),
    path("me/data/erasures/", erasure.own, name="erasure-ask"),
    path("me/data/erasures/<slug:reference>/withdrawal/", erasure.take_back, name="erasure-take-back"),
    path("erasures/", erasure.erasure_list, name="erasure-list"),
    path("erasures/<slug:reference>/", erasure.erasure_detail, name="erasure"),
    path("erasures/<slug:reference>/decision/", erasure.decide, name="erasure-decide"),
    path("me/data/copies/", data.copy_make, name="copy-make"),
    path("me/data/copies/<slug:reference>/state/", data.copy_state, name="copy-state"),
    path("me/data/copies/<slug:reference>/content/", data.copy_content, name="copy-content"),
]
