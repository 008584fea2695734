from django.urls import path

from cases.views import rules

app_name = "rules"
urlpatterns = [
    path("", rules.tables, name="tables"),
    path("<str:kind>/", rules.table, name="table"),
    path("<str:kind>/additions/", rules.addition, name="addition"),
    path("<str:kind>/<str:code>/<str:term>/", rules.row, name="row"),
    path("<str:kind>/<str:code>/<str:term>/checks/", rules.check, name="check"),
]
