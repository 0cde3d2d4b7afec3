"""Rights of messages."""

from yanzhen.kernel.scope.api import declare

declare("system.dispatches", "查看消息发送情况", business=False)
