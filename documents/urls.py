from django.urls import path

from documents.views import desk, exports, files, handouts, incoming, keeping, portal

app_name = "documents"
urlpatterns = [
    path("tasks/<slug:reference>/", portal.task, name="task"),
    path("tasks/<slug:reference>/earlier/", portal.reuse, name="task-reuse"),
    path("seen/", portal.seen, name="seen"),
    path("requirements/<slug:reference>/uploads/", files.start, name="upload-start"),
    path("requirements/<slug:reference>/uploads/plain/", files.plain, name="upload-plain"),
    path("requirements/<slug:reference>/consent/", files.consent, name="consent"),
    path("uploads/<slug:reference>/sent/", files.sent, name="upload-sent"),
    path("uploads/<slug:reference>/", files.standing, name="upload"),
    path("uploads/<slug:reference>/cancellation/", files.cancellation, name="upload-cancel"),
    path("uploads/<slug:reference>/completion/", files.finish, name="upload-finish"),
    path("documents/<slug:reference>/state/", files.state, name="state"),
    path("documents/<slug:reference>/content/", files.content, name="content"),
    path("documents/<slug:reference>/thumbnail/", files.thumbnail, name="thumbnail"),
    path("documents/<slug:reference>/withdrawal/", files.withdrawal, name="withdraw"),
    # What the worker makes to be fetched
    path("requirements/<slug:reference>/form/", handouts.form, name="form"),
    path("handouts/<slug:reference>/state/", handouts.state, name="handout-state"),
    path("handouts/<slug:reference>/content/", handouts.content, name="handout-content"),
    path("exports/", exports.export_make, name="export-make"),
    path("exports/<slug:reference>/", exports.export, name="export"),
    path("exports/<slug:reference>/state/", exports.export_state, name="export-state"),
    path("exports/<slug:reference>/content/", exports.export_content, name="export-content"),
    # What comes from the agency's old spreadsheet
    path("imports/", incoming.incoming_list, name="incoming-list"),
    path("imports/<slug:reference>/", incoming.incoming, name="incoming"),
    path("imports/<slug:reference>/arrival/", incoming.incoming_arrival, name="incoming-arrival"),
    path("imports/<slug:reference>/columns/", incoming.incoming_columns, name="incoming-columns"),
    path("imports/<slug:reference>/table/", incoming.incoming_table, name="incoming-table"),
    path("imports/<slug:reference>/confirmation/", incoming.incoming_confirm, name="incoming-confirm"),
    path("imports/<slug:reference>/invitations/", incoming.incoming_invite, name="incoming-invite"),
    path("imports/<slug:reference>/withdrawal/", incoming.incoming_withdraw, name="incoming-withdraw"),
    # What goes on its day
    path("destroying/", keeping.destroying, name="destroying"),
    path("clients/<str:reference>/release/", keeping.release, name="release"),
    path("clients/<str:reference>/holds/", keeping.holds, name="holds"),
    path("holds/<str:reference>/ending/", keeping.hold_end, name="hold-end"),
    path("certificates/<str:reference>/", keeping.certificate, name="certificate"),
    path("certificates/<str:reference>/list/", keeping.certificate_list, name="certificate-list"),
    # The desk
    path("cases/<str:reference>/pack/", handouts.pack, name="pack"),
    path("cases/<str:reference>/pack/archive/", handouts.pack_make, name="pack-make"),
    path("documents/<str:reference>/review/", desk.review, name="review"),
    path("documents/<str:reference>/acceptance/", desk.acceptance, name="accept"),
    path("documents/<str:reference>/return/", desk.returning, name="return"),
]
