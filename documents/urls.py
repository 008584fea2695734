from django.urls import path

from documents.views import desk, files, portal

app_name = "documents"
urlpatterns = [
    path("tasks/<slug:reference>/", portal.task, name="task"),
    path("tasks/<slug:reference>/earlier/", portal.reuse, name="task-reuse"),
    path("seen/", portal.seen, name="seen"),
    path("requirements/<slug:reference>/uploads/", files.start, name="upload-start"),
    path("requirements/<slug:reference>/uploads/plain/", files.plain, name="upload-plain"),
    path("requirements/<slug:reference>/consent/", files.consent, name="consent"),
    path("uploads/<slug:reference>/sent/", files.sent, name="upload-sent"),
    path("uploads/<slug:reference>/completion/", files.finish, name="upload-finish"),
    path("documents/<slug:reference>/state/", files.state, name="state"),
    path("documents/<slug:reference>/content/", files.content, name="content"),
    path("documents/<slug:reference>/withdrawal/", files.withdrawal, name="withdraw"),
    # The desk
    path("documents/<str:reference>/review/", desk.review, name="review"),
    path("documents/<str:reference>/acceptance/", desk.acceptance, name="accept"),
    path("documents/<str:reference>/return/", desk.returning, name="return"),
]
