"""Addresses of the working calendar."""

from django.urls import path

from yanzhen.kernel.worktime.web import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/<int:year>/", views.calendar, name="calendar_year"),
    path("calendar/<int:year>/days.csv", views.export, name="calendar_export"),
    path("calendar/propose/", views.propose, name="calendar_propose"),
    path("calendar/load/", views.load, name="calendar_load"),
    path("calendar/batch/<slug:batch>/approve/", views.approve, name="calendar_approve"),
    path("calendar/batch/<slug:batch>/reject/", views.reject, name="calendar_reject"),
]
