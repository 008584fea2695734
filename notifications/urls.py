from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.notification_list, name="notification-list"),
    path("notifications/reading/", views.notification_read, name="notification-read"),
    path("cases/<slug:reference>/messages/", views.case_messages, name="case-messages"),
    path("messages/<slug:reference>/sendings/", views.send_again, name="send-again"),
    path("mail/<slug:provider>/tracking/", views.mail_tracking, name="mail-tracking"),
    path("unsubscribe/<str:signed>/", views.unsubscribe, name="unsubscribe"),
]
