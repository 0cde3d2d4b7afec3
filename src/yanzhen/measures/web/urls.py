"""Addresses of the board."""

from django.urls import path

from yanzhen.measures.web import views

urlpatterns = [
    path("board/", views.board, name="board"),
    path("board/indicators/", views.indicator_list, name="indicators"),
    path("board/<int:unit_id>/", views.board, name="unit_board"),
    path("board/<int:unit_id>/export/", views.export, name="board_export"),
    path("board/<int:unit_id>/recompute/", views.recompute, name="board_recompute"),
]
