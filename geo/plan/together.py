"""Which few of many openings gain most together, each set compared as a scenario."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

Worth = Callable[[tuple[int, ...]], tuple[float, float]]
"""What a set is worth: the people, and where those are equal, the services gained."""

MOST_TOGETHER = 200
"""So many combinations are all tried; more are chosen one after the other."""


def chosen_together(number: int, count: int, worth: Worth) -> tuple[int, ...]:
    """Return which of some openings gain most together, the one that gains most first.

    All combinations are tried where they are few. Else they are chosen one after the other, each looked up again when
    it comes to the top.
    """
    count = min(count, number)
    if math.comb(number, count) <= MOST_TOGETHER:
        found = max(itertools.combinations(range(number), count), key=lambda c: (worth(c), [-n for n in c]))
        return _in_order(found, worth)
    chosen: tuple[int, ...] = ()
    hopes = [(worth((n,)), n) for n in range(number)]
    while len(chosen) < count and hopes:
        have, checked = worth(chosen) if chosen else (0.0, 0.0), set[int]()
        while True:
            hopes.sort(key=lambda hope: (-hope[0][0], -hope[0][1], hope[1]))
            top = hopes[0][1]
            if top in checked:
                break
            now = worth((*chosen, top))
            hopes[0] = ((now[0] - have[0], now[1] - have[1]), top)
            checked.add(top)
        chosen = (*chosen, hopes.pop(0)[1])
    return chosen


def _in_order(found: tuple[int, ...], worth: Worth) -> tuple[int, ...]:
    chosen: tuple[int, ...] = ()
    rest = list(found)
    while rest:
        best = max(rest, key=lambda n: (worth((*chosen, n)), -n))
        chosen = (*chosen, best)
        rest.remove(best)
    return chosen
