"""Addresses of programs and of the pages that manage them."""

from django.urls import include, path, re_path

from yanzhen.matters.rest import docs, open311
from yanzhen.matters.rest.api import patterns

urlpatterns = [
    path("api/v1/", docs.listing, name="api_listing"),
    path("api/v1/openapi.json", docs.openapi, name="api_document"),
    path("api/v1/", include((patterns(), "api"), namespace="api")),
    re_path(r"^api/", docs.nowhere, name="api_nowhere"),
    re_path(r"^open311/v2/discovery\.(?P<form>xml|json)$", open311.discovery, name="open311_discovery"),
    re_path(r"^open311/v2/services\.(?P<form>xml|json)$", open311.services, name="open311_services"),
    re_path(r"^open311/v2/services/(?P<code>[^/]+)\.(?P<form>xml|json)$", open311.definition, name="open311_definition"),
    re_path(r"^open311/v2/requests\.(?P<form>xml|json)$", open311.requests, name="open311_requests"),
    re_path(r"^open311/v2/requests/(?P<number>[^/]+)\.(?P<form>xml|json)$", open311.request_one, name="open311_request"),
    re_path(r"^open311/v2/tokens/(?P<token>[^/]+)\.(?P<form>xml|json)$", open311.token, name="open311_token"),
    re_path(r"^open311/", open311.nowhere, name="open311_nowhere"),
]
