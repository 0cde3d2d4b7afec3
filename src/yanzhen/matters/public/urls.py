"""Addresses of the villager's pages (``/p/``) and of the field (``/f/``)."""

from django.urls import path

from yanzhen.matters.public import views_field, views_follow, views_more, views_report, views_sync

urlpatterns = [
    path("p/", views_report.home, name="public_home"),
    path("p/v/<str:code>/", views_report.village, name="public_village"),
    path("p/v/<str:code>/qr.svg", views_more.qr, name="public_qr"),
    path("p/v/<str:code>/paper/", views_more.paper, name="public_paper"),
    path("p/v/<str:code>/poster/", views_more.poster, name="public_poster"),
    path("p/place/", views_report.choose_place, name="report_place"),
    path("p/report/", views_report.report, name="report"),
    path("p/report/similar/", views_report.similar, name="report_similar"),
    path("p/report/join/<str:number>/", views_report.join, name="report_join"),
    path("p/report/contact/", views_report.contact, name="report_contact"),
    path("p/report/check/", views_report.check, name="report_check"),
    path("p/report/done/", views_report.done, name="report_done"),
    path("p/follow/", views_follow.follow, name="follow"),
    path("p/follow/leave/", views_follow.follow_leave, name="follow_leave"),
    path("p/follow/<str:number>/", views_follow.followed, name="followed"),
    path("p/follow/<str:number>/files/<int:pk>/", views_follow.follow_file, name="follow_file"),
    path("p/follow/<str:number>/<slug:act>/", views_follow.follow_act, name="follow_act"),
    path("p/feedback/", views_more.feedback, name="public_feedback"),
    path("p/feedback/answer/", views_more.feedback_follow, name="public_feedback_follow"),
    path("p/notice/", views_more.notices, name="public_notices"),
    path("p/notice/<slug:kind>/", views_more.notice, name="public_notice"),
    path("f/", views_field.home, name="field_home"),
    path("f/report/", views_field.report, name="field_report"),
    path("f/outbox/", views_field.outbox, name="field_outbox"),
    path("f/matter/<int:pk>/", views_field.matter, name="field_matter"),
    path("f/matter/<int:pk>/<slug:code>/", views_field.act, name="field_act"),
    path("f/sw.js", views_sync.worker, name="field_worker"),
    path("f/offline/", views_field.offline, name="field_offline"),
    path("f/sync/token", views_sync.token, name="sync_token"),
    path("f/sync/report", views_sync.report, name="sync_report"),
    path("f/sync/act", views_sync.act, name="sync_act"),
    path("f/bundle", views_sync.bundle, name="field_bundle"),
]
