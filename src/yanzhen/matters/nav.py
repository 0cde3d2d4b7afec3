"""Entries of the navigation (imported from the AppConfig)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("matters", _("事项"), "matters", icon="list-check", capability="matters.view", order=20, phone=True))
register(NavItem("matter_new", _("登记诉求"), "matter_new", icon="pencil", capability="matters.report", order=25, phone=True))
register(NavItem("requests", _("待审批申请"), "requests", icon="scale", capability="matters.decide", order=30))
register(NavItem("presses", _("督办"), "presses", icon="flag", capability="matters.view", order=35))
register(NavItem("admissions", _("准入清单"), "admissions", icon="file-text", capability="matters.view", order=60))
register(NavItem("duties", _("履职清单"), "duties", icon="book", capability="matters.view", order=62))
register(NavItem("categories", _("类别"), "categories", icon="folder", capability="matters.triage", order=64))
register(NavItem("triage", _("研判模型"), "triage", icon="chart-bar", capability="matters.train", order=66))
register(NavItem("feedback", _("意见建议"), "feedback", icon="message-report", capability="matters.feedback", order=90))
register(NavItem("tokens", _("接口令牌"), "tokens", icon="lock", capability="matters.integrate", order=92))
register(NavItem("webhooks", _("事件推送"), "webhooks", icon="send", capability="matters.integrate", order=94))
register(NavItem("field", _("现场"), "field_home", icon="map-pin", capability="matters.report", order=27))
