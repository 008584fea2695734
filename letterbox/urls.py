from django.urls import path

from letterbox import views

app_name = "letterbox"
urlpatterns = [
    path("mail/<slug:provider>/inbound/", views.inbound, name="inbound"),
    path("letters/", views.letter_list, name="letter-list"),
    path("letters/<str:reference>/", views.letter_detail, name="letter-detail"),
    path("letters/<str:reference>/filing/", views.letter_file, name="letter-file"),
    path("letters/<str:reference>/discarding/", views.letter_discard, name="letter-discard"),
    path("letters/files/<str:reference>/paper/", views.file_take, name="file-take"),
    path("letters/files/<str:reference>/dropping/", views.file_drop, name="file-drop"),
]
