"""Where every address leads."""

from django.urls import include, path
from django.views.generic import TemplateView

from clients.views import errors
from icp_portal import health
from icp_portal.api import api

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("settings/health/", health.health_page, name="health"),
    path("api/v1/", api.urls),
    path(
        "sw.js",
        TemplateView.as_view(template_name="sw.js", content_type="text/javascript"),
        name="offline-keeper",
    ),
    path("offline/", TemplateView.as_view(template_name="offline.html"), name="offline"),
    path("accounts/", include("allauth.urls")),
    path("settings/rules/", include("cases.rule_urls")),
    path("", include("cases.urls")),  # the first of those that are tried one by one: asked for all day
    path("", include("clients.urls")),
    path("", include("documents.urls")),
    path("settings/hooks/", include("hooks.urls")),
    path("", include("letterbox.urls")),
    path("", include("notifications.urls")),
    path("", include("rights.urls")),
]
