"""SciPy's sparse matrices and trees, whose types its stubs do not carry: one place that says so."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

import scipy.sparse
import scipy.sparse.csgraph

#: A csr_matrix unless a name says otherwise.
Matrix: TypeAlias = Any
sparse: Any = scipy.sparse
csgraph: Any = scipy.sparse.csgraph
Tree: Any = import_module("scipy.spatial").cKDTree
