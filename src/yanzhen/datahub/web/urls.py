"""Addresses of the data books."""

from django.urls import path

from yanzhen.datahub.web import views

urlpatterns = [
    path("data/", views.book, name="data_book"),
    path("data/units/<int:unit_id>/", views.book, name="data_unit_book"),
    path("data/tables/<slug:source>/", views.rows, name="data_rows"),
    path("data/tables/<slug:source>/export/", views.export, name="data_export"),
    path("data/find/", views.find, name="data_find"),
    path("data/requests/", views.request_list, name="data_requests"),
    path("data/requests/new/<slug:source>/", views.request_new, name="data_request_new"),
    path("data/requests/<int:pk>/", views.request_page, name="data_request"),
    path("data/requests/<int:pk>/end/", views.request_end, name="data_request_end"),
    path("data/catalogue/", views.catalogue, name="data_catalogue"),
    path("data/catalogue/asked/", views.asked, name="data_asked"),
    path("data/catalogue/<slug:source>/", views.source, name="data_source"),
    path("data/catalogue/<slug:source>/edit/", views.contract_edit, name="data_contract_edit"),
    path("data/catalogue/<slug:source>/held/<slug:batch>/", views.held, name="data_held"),
    path("data/runs/", views.run_list, name="data_runs"),
    path("data/runs/<slug:name>/", views.run_page, name="data_run"),
    path("data/looks/", views.look_list, name="data_looks"),
    path("data/pairs/", views.pair_list, name="data_pairs"),
]
