from django.urls import path

from notifications.views import channels, texts, told

app_name = "notifications"
urlpatterns = [
    path("notifications/", told.notification_list, name="notification-list"),
    path("notifications/reading/", told.notification_read, name="notification-read"),
    path("cases/<slug:reference>/messages/", told.case_messages, name="case-messages"),
    path("messages/", channels.ledger, name="messages"),
    path("me/ways/", channels.ways, name="ways"),
    path("messages/<slug:reference>/sendings/", told.send_again, name="send-again"),
    path("mail/<slug:provider>/tracking/", told.mail_tracking, name="mail-tracking"),
    path("unsubscribe/<str:signed>/", told.unsubscribe, name="unsubscribe"),
    # Settings
    path("settings/channels/", channels.channels, name="channels"),
    path("settings/channels/<slug:reference>/tests/", channels.robot_test, name="robot-test"),
    path("settings/channels/<slug:reference>/ending/", channels.robot_end, name="robot-end"),
    path("settings/texts/", texts.text_list, name="text-list"),
    path("settings/texts/own/", texts.text_add, name="text-add"),
    path("settings/texts/<str:code>/", texts.text_detail, name="text-detail"),
    path("settings/texts/<str:code>/shipped/", texts.text_restore, name="text-restore"),
    path("settings/texts/<str:code>/withdrawal/", texts.text_withdraw, name="text-withdraw"),
]
