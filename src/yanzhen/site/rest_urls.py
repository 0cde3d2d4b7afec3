"""Addresses of programs (REST, Open311) and of the pages that manage them."""

from django.urls import include, path

urlpatterns = [
    path("", include("yanzhen.matters.rest.urls")),
    path("", include("yanzhen.matters.web.programs_urls")),
]
