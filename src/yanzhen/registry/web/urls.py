"""Addresses of the registers."""

from django.urls import path

from yanzhen.registry.web import people, units
from yanzhen.registry.web.posts_urls import posts_urls

urlpatterns = [
    path("units/", units.units, name="units"),
    path("units/find/", units.unit_find, name="unit_find"),
    path("units/boundaries/", units.unit_boundaries, name="unit_boundaries"),
    path("units/<int:pk>/", units.unit, name="unit"),
    path("units/<int:pk>/children/", units.unit_children, name="unit_children"),
    path("units/<int:pk>/map.json", units.unit_map, name="unit_map"),
    path("units/<int:pk>/new/", units.unit_new, name="unit_new"),
    path("units/<int:pk>/<slug:what>/", units.unit_change, name="unit_change"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/export/", people.people_export, name="people_export"),
    path("people/corrections/", people.corrections, name="corrections"),
    path("people/corrections/<int:pk>/", people.correction, name="correction"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/unmask/<slug:field>/", people.person_unmask, name="person_unmask"),
    path("people/<int:pk>/wrong/", people.person_wrong, name="person_wrong"),
    path("people/<int:pk>/move/", people.person_move, name="person_move"),
    path("people/<int:pk>/merge/", people.person_merge, name="person_merge"),
    path("people/<int:pk>/deceased/", people.person_deceased, name="person_deceased"),
    path("households/", people.households, name="households"),
    path("households/new/", people.household_new, name="household_new"),
    path("households/<int:pk>/", people.household, name="household"),
    *posts_urls,
]
