"""HiGHS, called directly: one mixed-integer model in, the best solution and its bound out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.matrices import Matrix, sparse

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """``x``: the best solution (None: nothing found); ``value`` and ``bound`` of the minimised objective; ``proven``: the bound is reached
    (within ``slack``); ``infeasible``: proven that there is none."""

    x: Floats | None
    value: float
    bound: float
    proven: bool
    infeasible: bool = False


@dataclass(frozen=True)
class Model:
    """Minimise; ``rows`` (sparse) between ``low`` and ``high``; columns 0 … ``upper`` (and ``lower``), ``integer`` marked."""

    rows: Matrix
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]

    def with_row(self, row: Floats, low: float, high: float) -> Model:
        """One row more."""
        wide = sparse.csr_matrix(row.reshape(1, -1))
        rows = sparse.vstack([self.rows, wide], format="csr")
        return Model(rows, np.append(self.low, low), np.append(self.high, high), self.lower, self.upper, self.integer)


def minimise(
    model: Model,
    cost: Floats,
    *,
    seconds: float,
    threads: int = 1,
    start: Floats | None = None,
    slack: float = 0.0,
    relative: float = 0.0,
    watch: Any = None,
) -> Answer:
    """Solve. ``slack``: absolute gap that counts as proven (0.999 of a whole-number objective); ``relative``: gap at which to stop;
    ``watch``: a callable that says True when somebody cancelled."""
    import highspy

    highs: Any = highspy.Highs()
    highs.silent()
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), model.rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, model.lower, model.upper
    lp.row_lower_ = np.where(np.isneginf(model.low), -highspy.kHighsInf, model.low)
    lp.row_upper_ = np.where(np.isposinf(model.high), highspy.kHighsInf, model.high)
    rows = model.rows.tocsr()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[bool(item)] for item in model.integer]
    highs.passModel(lp)
    for name, value in (
        ("threads", threads),
        ("time_limit", max(0.05, seconds)),
        ("mip_rel_gap", relative),
        ("mip_abs_gap", max(slack, 1e-6)),
        ("random_seed", 0),
    ):
        highs.setOptionValue(name, value)
    if start is not None:
        found = highspy.HighsSolution()
        found.col_value = list(start)
        highs.setSolution(found)
    if watch is not None:

        def interrupt(event: Any) -> None:
            if watch():
                event.interrupt()

        highs.cbMipInterrupt.subscribe(interrupt)
        highs.cbSimplexInterrupt.subscribe(interrupt)
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, np.inf, np.inf, True, infeasible=True)
    if info.primal_solution_status != 2:  # no feasible point
        return Answer(None, np.inf, float(info.mip_dual_bound), False)
    x = np.asarray(highs.getSolution().col_value)
    x = np.where(model.integer, np.round(x), x)
    value = float(cost @ x)
    bound = float(info.mip_dual_bound) if model.integer.any() else value
    return Answer(x, value, bound, value - bound <= max(slack, 1e-6 * max(1.0, abs(value))))
