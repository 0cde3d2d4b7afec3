"""Addresses of what everybody reads (``/p/v/<village>/open/``)."""

from django.urls import path

from yanzhen.democracy.public import views

urlpatterns = [
    path("p/v/<str:code>/open/", views.open_village, name="open_village"),
    path("p/v/<str:code>/open/verify/", views.open_verify, name="open_verify"),
    path("p/v/<str:code>/open/<int:pk>/", views.open_notice, name="open_notice"),
    path("p/v/<str:code>/open/<int:pk>/object/", views.open_object, name="open_object"),
    path("p/v/<str:code>/open/<int:pk>/proof/", views.open_proof, name="open_proof"),
    path("p/v/<str:code>/open/<int:pk>/print.pdf", views.open_print, name="open_print"),
]
