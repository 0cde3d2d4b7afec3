"""Addresses of the UI kit: reading preferences and the gallery."""

from django.urls import path

from yanzhen.kernel.ui import web

urlpatterns = [
    path("ui/elder/", web.elder, name="ui_elder"),
    path("ui/language/", web.language, name="ui_language"),
    path("ui/gallery/", web.gallery, name="ui_gallery"),
]
