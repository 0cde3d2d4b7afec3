"""Addresses of procedures."""

from django.urls import path

from yanzhen.procedures.web.views import cases, public, versions

urlpatterns = [
    path("procedures/", cases.cases, name="cases"),
    path("procedures/print/", cases.printed, name="cases_print"),
    path("procedures/export/", cases.exported, name="cases_export"),
    path("procedures/start/", cases.starts, name="case_starts"),
    path("procedures/start/<str:code>/", cases.start, name="case_start"),
    path("procedures/<int:pk>/", cases.case, name="case"),
    path("procedures/<int:pk>/end/", cases.end, name="case_end"),
    path("procedures/<int:pk>/move/", cases.move, name="case_move"),
    path("procedures/<int:pk>/interest/", cases.interest, name="case_interest"),
    path("procedures/<int:pk>/files/<int:file>/", cases.evidence, name="case_file"),
    path("procedures/<int:pk>/steps/<slug:step>/<slug:act>/", cases.act, name="case_act"),
    path("procedures/<int:pk>/ballots/<slug:step>/", cases.ballot, name="case_ballot"),
    path("procedures/<int:pk>/papers/<slug:step>/<slug:code>/<slug:kind>/", cases.paper, name="case_paper"),
    path("procedures/versions/", versions.procedures, name="procedures"),
    path("procedures/versions/new/", versions.new, name="procedure_new"),
    path("procedures/versions/own/<int:pk>/", versions.own, name="procedure_own"),
    path("procedures/versions/own/<int:pk>/decide/", versions.decide, name="procedure_decide"),
    path("procedures/versions/own/<int:pk>/<slug:kind>/", versions.own_file, name="procedure_own_file"),
    path("procedures/versions/shipped/<str:code>/<int:version>/", versions.shipped, name="procedure"),
    path(
        "procedures/versions/shipped/<str:code>/<int:version>/<slug:kind>/",
        versions.shipped_file,
        name="procedure_file",
    ),
    path("p/postings/<int:pk>/", public.posting, name="posting"),
    path("p/ballots/<int:pk>/", public.board, name="ballot_board"),
    path("p/ballots/<int:pk>/data/", public.board_file, name="ballot_data"),
    path("p/ballots/<int:pk>/vote/", public.vote, name="ballot_vote"),
]
