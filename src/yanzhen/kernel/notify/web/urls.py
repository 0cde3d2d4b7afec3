"""Addresses of the inbox."""

from django.urls import path

from yanzhen.kernel.notify.web import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="notices_read"),
    path("notices/preferences/", views.preferences, name="notices_preferences"),
    path("notices/failures/", views.failures, name="notices_failures"),
    path("notices/<int:pk>/", views.notice, name="notice"),
]
