"""Programs' side of the loop: REST with OpenAPI, Open311 GeoReport v2, webhooks."""
