"""Addresses of the staff web of matters."""

from django.urls import path

from yanzhen.matters.web.views import admissions, boards, desk, feedback, lists, matter

urlpatterns = [
    path("matters/", lists.matters, name="matters"),
    path("matters/print/", lists.printed, name="matters_print"),
    path("matters/export/", lists.exported, name="matters_export"),
    path("matters/show/", lists.show_settings, name="matters_show"),
    path("matters/filters/", lists.filter_save, name="filter_save"),
    path("matters/filters/<int:pk>/drop/", lists.filter_drop, name="filter_drop"),
    path("matters/many/", lists.many, name="matters_many"),
    path("matters/new/", desk.new, name="matter_new"),
    path("matters/similar/", desk.similar, name="matter_similar"),
    path("matters/places/", lists.place_find, name="place_find"),
    path("matters/<int:pk>/", matter.matter, name="matter"),
    path("matters/<int:pk>/received/", desk.received, name="matter_received"),
    path("matters/<int:pk>/slip/", matter.slip, name="matter_slip"),
    path("matters/<int:pk>/join/", desk.join, name="matter_join"),
    path("matters/<int:pk>/contact/", matter.contact, name="matter_contact"),
    path("matters/<int:pk>/files/<int:file>/", matter.attachment, name="matter_file"),
    path("matters/<int:pk>/letters/<int:press>/", matter.letter, name="press_letter"),
    path("matters/<int:pk>/acts/<slug:code>/", matter.act, name="matter_act"),
    path("requests/", boards.requests_waiting, name="requests"),
    path("presses/", boards.presses, name="presses"),
    path("categories/", boards.categories, name="categories"),
    path("categories/find/", lists.category_find, name="category_find"),
    path("matters/triage/", boards.triage_model, name="triage"),
    path("matters/triage/train/", boards.triage_train, name="triage_train"),
    path("admissions/", admissions.admissions, name="admissions"),
    path("admissions/new/", admissions.admission_new, name="admission_new"),
    path("admissions/<int:pk>/", admissions.admission, name="admission"),
    path("duties/", admissions.duties, name="duties"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/new/", feedback.feedback_new, name="feedback_new"),
    path("feedback/<int:pk>/", feedback.feedback_answer, name="feedback_answer"),
]
