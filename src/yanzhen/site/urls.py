"""All addresses: each module brings its own."""

from __future__ import annotations

from django.urls import include, path

_MODULES = (
    "yanzhen.kernel.ui.urls",
    "yanzhen.kernel.accounts.web.urls",
    "yanzhen.kernel.worktime.web.urls",
    "yanzhen.kernel.intake.web.urls",
    "yanzhen.kernel.notify.web.urls",
    "yanzhen.registry.web.urls",
    "yanzhen.datahub.web.urls",
    "yanzhen.measures.web.urls",
    "yanzhen.procedures.web.urls",
    "yanzhen.matters.web.urls",
    "yanzhen.democracy.public.urls",
    "yanzhen.democracy.web.urls",
    "yanzhen.matters.public.urls",
    "yanzhen.site.web.urls",
    "yanzhen.site.rest_urls",
)


urlpatterns = [path("", include(name)) for name in _MODULES]

handler400 = "yanzhen.kernel.ui.errors.bad_request"
handler403 = "yanzhen.kernel.ui.errors.permission_denied"
handler404 = "yanzhen.kernel.ui.errors.page_not_found"
handler500 = "yanzhen.kernel.ui.errors.server_error"
