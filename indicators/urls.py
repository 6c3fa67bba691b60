from django.urls import path

from .views import compare, drafts, editor, importing, library, sections

app_name = "indicators"
urlpatterns = [
    path("plans/", library.plan_list, name="plan_list"),
    path("plans/presets/load/", library.load_presets, name="load_presets"),
    path("plans/import/", importing.plan_import, name="plan_import"),
    path("plans/versions/<int:pk>/", library.version_detail, name="version_detail"),
    path("plans/versions/<int:pk>/file/", library.version_file, name="version_file"),
    path("plans/versions/<int:old>/compare/<int:new>/", compare.version_compare, name="version_compare"),
    path("plans/drafts/new/", drafts.draft_new, name="draft_new"),
    path("plans/drafts/<int:pk>/", editor.draft_tree, name="draft_tree"),
    path("plans/drafts/<int:pk>/cell/", editor.draft_cell, name="draft_cell"),
    path("plans/drafts/<int:pk>/paste/", editor.draft_paste, name="draft_paste"),
    path("plans/drafts/<int:pk>/indicators/<str:code>/", editor.draft_indicator, name="draft_indicator"),
    path("plans/drafts/<int:pk>/parts/<slug:section>/", sections.draft_section, name="draft_section"),
    path("plans/drafts/<int:pk>/lists/<slug:part>/", sections.draft_rows, name="draft_rows"),
    path("plans/drafts/<int:pk>/lists/<slug:part>/add/", sections.draft_row, name="draft_row_add"),
    path("plans/drafts/<int:pk>/lists/<slug:part>/<int:index>/", sections.draft_row, name="draft_row"),
    path("plans/drafts/<int:pk>/condition/", editor.draft_condition, name="draft_condition"),
    path("plans/drafts/<int:pk>/step/", drafts.draft_step, name="draft_step"),
    path("plans/drafts/<int:pk>/read/", drafts.draft_read, name="draft_read"),
    path("plans/drafts/<int:pk>/file/", drafts.draft_file, name="draft_file"),
    path("plans/drafts/<int:pk>/check/", drafts.draft_check, name="draft_check"),
    path("plans/drafts/<int:pk>/discard/", drafts.draft_discard, name="draft_discard"),
    path("plans/<slug:code>/", library.plan_detail, name="plan_detail"),
    path("plans/<slug:code>/compare/", compare.versions_compare, name="versions_compare"),
    path("plans/<slug:code>/edit/", drafts.plan_edit, name="plan_edit"),
    path("plans/<slug:code>/copy/", drafts.plan_copy, name="plan_copy"),
]
