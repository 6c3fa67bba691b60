from django.urls import path

from .views import library

app_name = "indicators"
urlpatterns = [
    path("plans/", library.plan_list, name="plan_list"),
    path("plans/presets/load/", library.load_presets, name="load_presets"),
    path("plans/versions/<int:pk>/", library.version_detail, name="version_detail"),
    path("plans/versions/<int:pk>/file/", library.version_file, name="version_file"),
    path("plans/<slug:code>/", library.plan_detail, name="plan_detail"),
]
