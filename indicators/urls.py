from django.urls import path

from . import views

app_name = "indicators"
urlpatterns = [
    path("plans/", views.plan_list, name="plan_list"),
    path("plans/presets/load/", views.load_presets, name="load_presets"),
    path("plans/versions/<int:pk>/", views.version_detail, name="version_detail"),
    path("plans/versions/<int:pk>/file/", views.version_file, name="version_file"),
    path("plans/<slug:code>/", views.plan_detail, name="plan_detail"),
]
