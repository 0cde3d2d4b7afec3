"""Addresses of the pages for tokens and webhooks."""

from django.urls import path

from yanzhen.matters.web.views import programs

urlpatterns = [
    path("tokens/", programs.tokens, name="tokens"),
    path("tokens/new/", programs.token_new, name="token_new"),
    path("tokens/<int:pk>/end/", programs.token_end, name="token_end"),
    path("webhooks/", programs.webhooks, name="webhooks"),
    path("webhooks/new/", programs.webhook_new, name="webhook_new"),
    path("webhooks/<int:pk>/", programs.webhook, name="webhook"),
    path("webhooks/<int:pk>/switch/", programs.webhook_switch, name="webhook_switch"),
    path("webhooks/<int:pk>/end/", programs.webhook_end, name="webhook_end"),
    path("webhooks/<int:pk>/calls/<int:call>/", programs.webhook_call, name="webhook_call"),
    path("webhooks/<int:pk>/calls/<int:call>/again/", programs.call_again, name="webhook_again"),
]
