"""What the loop brings to the import pipeline: messages of other systems, and the columns they may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import BaseImporter, Column, Context, Problem, Staged, register
from yanzhen.matters.domain.messages import Item, read
from yanzhen.matters.services.columns import COLUMNS
from yanzhen.matters.services.importing import Frame, open_frame, write_chunk


def _cells(row: Staged) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.values.items()}


class MessagesImporter(BaseImporter):
    """Messages of citizens from another system, with or without their answers."""

    code = "messages"
    title = "群众留言、热线工单"
    capability = "matters.import"
    chunk: int | None = 1000
    columns: Sequence[Column] = COLUMNS
    notes: Sequence[str] = (
        "以留言编号判断是否已经导入，同一文件可以重复导入。",
        "有答复的按原时间归档，没有答复的到本单位待研判；地点不明的待确定地点。",
    )

    def check(self, row: Staged, context: Context) -> list[Problem]:
        """The row by itself."""
        try:
            read(_cells(row), context.now)
        except DomainError as error:
            return [Problem(error.message, error.field)]
        return []

    def check_all(self, rows: Sequence[Staged], context: Context) -> Mapping[int, list[Problem]]:
        """Repetitions are no fault: they are counted as already there."""
        return {}

    def commit(self, rows: Iterable[Staged], context: Context) -> Mapping[str, int]:
        """Write a chunk."""
        frame = context.memo.get("frame")
        if not isinstance(frame, Frame):
            source = str(context.options.get("source") or f"messages:{context.unit.id}")
            frame = context.memo["frame"] = open_frame(actor=context.actor, now=context.now, unit=context.unit, source=source)
        items: list[Item] = [read(_cells(row), context.now) for row in rows]
        written, present, batch = write_chunk(frame, items)
        return {"created": written, "present": present, "unlocated": batch.unlocated, "answered": batch.answered}


register(MessagesImporter())

