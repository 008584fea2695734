from django.urls import path

from hooks import views

app_name = "hooks"
urlpatterns = [
    path("", views.hook_list, name="hook-list"),
    path("deliveries/<str:reference>/sendings/", views.delivery_send_again, name="delivery-send-again"),
    path("<str:reference>/", views.hook_detail, name="hook-detail"),
    path("<str:reference>/secret/", views.hook_secret, name="hook-secret"),
    path("<str:reference>/pause/", views.hook_pause, name="hook-pause"),
    path("<str:reference>/resumption/", views.hook_resume, name="hook-resume"),
    path("<str:reference>/tests/", views.hook_test, name="hook-test"),
    path("<str:reference>/removal/", views.hook_remove, name="hook-remove"),
]
