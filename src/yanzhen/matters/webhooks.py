"""Webhooks at work: their listener and their periodic job (imported from the AppConfig)."""

from yanzhen.matters.rest import webhooks

__all__ = ["webhooks"]
