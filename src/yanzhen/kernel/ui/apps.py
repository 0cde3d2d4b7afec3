from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "yanzhen.kernel.ui"
    label = "ui"
    verbose_name = "UI kit"
