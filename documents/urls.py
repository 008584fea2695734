from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("documents/<slug:reference>/content/", views.content, name="content"),
]
