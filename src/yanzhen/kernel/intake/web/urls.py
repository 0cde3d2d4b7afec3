"""Addresses of imports."""

from django.urls import path

from yanzhen.kernel.intake.web import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/new/<slug:code>/", views.new, name="import_new"),
    path("imports/template/<slug:code>/", views.template, name="import_template"),
    path("imports/<int:pk>/", views.run, name="import_run"),
    path("imports/<int:pk>/progress/", views.progress, name="import_progress"),
    path("imports/<int:pk>/columns/", views.columns, name="import_columns"),
    path("imports/<int:pk>/confirm/", views.confirm, name="import_confirm"),
    path("imports/<int:pk>/discard/", views.discard, name="import_discard"),
    path("imports/<int:pk>/errors/", views.errors, name="import_errors"),
]
