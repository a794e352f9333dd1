"""Gathering places into patches: which hang together by pairs that lie close, and the middle value of each patch."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import LONGS

_PAIRS = types.Array(types.int32, 2, "C", readonly=True)
_BYTES = types.Array(types.int8, 1, "C", readonly=True)
_FLOATS = types.Array(types.float64, 1, "C", readonly=True)
_GATHERED = types.Tuple((types.int64[::1], types.int64[::1], types.int64[::1]))


@numba.njit(_GATHERED(_BYTES, _PAIRS), nogil=True, cache=True)
def gathered(family, pairs):  # type: ignore[no-untyped-def]
    """Return the places of each patch: those of one family that pairs link, directly or through others.

    Parameters
    ----------
    family
        int8 (P,): only places of one family are linked; 0 belongs to no patch.
    pairs
        int32 (n, 2): places that lie close together.

    Returns
    -------
    rows, label, first
        int64: the places, patch after patch, ascending within each; the patch of each; where each patch begins.
        Patches are in the order of their lowest places.
    """
    root = np.arange(family.shape[0]).astype(np.int32)
    for n in range(pairs.shape[0]):
        a, b = pairs[n, 0], pairs[n, 1]
        if family[a] == 0 or family[a] != family[b]:
            continue
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        root[max(a, b)] = min(a, b)
    count, patches = np.zeros(family.shape[0] + 1, np.int64), 0
    for p in range(family.shape[0]):
        if family[p] == 0:
            root[p] = -1
        elif root[p] == p:
            root[p] = patches  # the number of the patch; a root is the lowest of its patch, so it comes first
            patches += 1
            count[root[p] + 1] += 1
        else:
            root[p] = root[root[p]]
            count[root[p] + 1] += 1
    first = np.cumsum(count[: patches + 1])
    rows, label, at = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64), first[:-1].copy()
    for p in range(family.shape[0]):
        if root[p] >= 0:
            rows[at[root[p]]], label[at[root[p]]] = p, root[p]
            at[root[p]] += 1
    return rows, label, first[:-1].copy()


@numba.njit(types.float64[::1](LONGS, _FLOATS, _FLOATS), nogil=True, cache=True)
def middles(first, values, weights):  # type: ignore[no-untyped-def]
    """Return the weighted median of each patch: the least value up to which half of the weight lies.

    Parameters
    ----------
    first
        int64 (G,): where each patch begins among the values; each has one at least.
    values, weights
        float64 (M,), patch after patch.
    """
    found = np.empty(first.shape[0], np.float64)
    for g in range(first.shape[0]):
        end = first[g + 1] if g + 1 < first.shape[0] else values.shape[0]
        mine, weight = values[first[g] : end], weights[first[g] : end]
        order = np.argsort(mine)
        half, running, n = weight.sum() / 2, 0.0, -1
        while n + 1 < order.shape[0] and (n < 0 or running < half):
            n += 1
            running += weight[order[n]]
        found[g] = mine[order[n]]
    return found
