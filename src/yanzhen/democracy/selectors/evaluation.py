"""Reading evaluations. Results are for those entitled only; ballots are nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from yanzhen.democracy.models import Evaluated, Evaluation
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within


def evaluations_in(viewer: Actor) -> QuerySet[Evaluation]:
    """Evaluations whose results the viewer may read."""
    return Evaluation.objects.filter(within(viewer, "democracy.results")).select_related("unit")


def evaluations_page(viewer: Actor, *, under: str = "", year: int | None = None, limit: int = 200) -> list[Evaluation]:
    """The newest evaluations."""
    found = evaluations_in(viewer)
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    if year:
        found = found.filter(year=year)
    return list(found.order_by("-year", "-pk")[:limit])


def evaluation_for(viewer: Actor, evaluation_id: int) -> Evaluation:
    """One evaluation that the viewer may read; :class:`NotFound` otherwise."""
    found = evaluations_in(viewer).filter(pk=evaluation_id).first()
    if found is None:
        raise NotFound("democracy.evaluation.unknown", "没有找到这次评议，或您无权查看结果。")
    return found


def scale_of(evaluation: Evaluation) -> tuple[str, ...]:
    """Its grades, best first."""
    return tuple(evaluation.scale.split("|"))


def counts_of(row: Evaluated) -> Mapping[str, int]:
    """Totals by grade; {} before the count."""
    if not row.counts:
        return {}
    numbers = [int(each) for each in row.counts.split("|")]
    return dict(zip(scale_of(row.evaluation), numbers, strict=True))


def evaluated_of(evaluation: Evaluation) -> list[Evaluated]:
    """The cadres, in the order of the ballot."""
    return list(evaluation.evaluated.select_related("person").order_by("pk"))


def failed_last_year(row: Evaluated) -> bool:
    """Whether the same person was judged unfit in the evaluation of the year before."""
    return Evaluated.objects.filter(
        person_id=row.person_id,
        evaluation__unit_id=row.evaluation.unit_id,
        evaluation__year=row.evaluation.year - 1,
        failed=True,
    ).exists()


def evaluated_for(evaluation: Evaluation, evaluated_id: int) -> Evaluated:
    """One cadre of an evaluation; :class:`NotFound` otherwise."""
    found = evaluation.evaluated.filter(pk=evaluated_id).select_related("person", "evaluation__unit").first()
    if found is None:
        raise NotFound("democracy.evaluation.unknown", "没有找到这次评议，或您无权查看结果。")
    return found
