from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.notification_list, name="notification-list"),
    path("notifications/reading/", views.notification_read, name="notification-read"),
    path("unsubscribe/<str:signed>/", views.unsubscribe, name="unsubscribe"),
]
