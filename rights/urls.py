from django.urls import path

from rights import views

app_name = "rights"
urlpatterns = [
    path("me/data/", views.data, name="data"),
    path("me/data/consents/<slug:reference>/", views.consent_give, name="consent-give"),
    path("me/data/consents/<slug:reference>/withdrawal/", views.consent_withdraw, name="consent-withdraw"),
    path("me/data/copies/", views.copy_make, name="copy-make"),
    path("me/data/copies/<slug:reference>/state/", views.copy_state, name="copy-state"),
    path("me/data/copies/<slug:reference>/content/", views.copy_content, name="copy-content"),
]
