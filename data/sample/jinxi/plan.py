"""The bones of Jinxi: arterials, river with three bridges, railway with three underpasses, and what goes where."""

from __future__ import annotations

import math

from .frame import Point, densify
from .names import Name
from .town import Area, Town

X = (-2190.0, -1760.0, -1240.0, -780.0, -220.0, 280.0, 750.0, 1290.0, 1770.0, 2190.0)
"""Plan metres of the nine columns' arterials, west to east."""

Y = (-1760.0, -1340.0, -870.0, -370.0, -170.0, 290.0, 810.0, 1260.0, 1330.0, 1760.0)
"""Plan metres of the rows' arterials, south to north; 3-4 is the river, 7-8 the railway."""

RIVER, RAIL = 3, 7
BANDS = (8, 6, 5, 4, 2, 1, 0)
"""The rows of superblocks, north to south, by the index of their southern arterial."""

THEMES = (
    "iwngwwgni",
    "wwgwnwggw",
    "gwnccgwwn",
    "wgwttcgwg",
    "wgwttwgpw",
    "wwpwgwwgn",
    "iwwngwwgi",
)
"""Superblocks as seen on the map. w: walled compounds of the 1980s-90s, g: gated towers, n: new open blocks,
t: old town, c: civic centre, p: park, i: works and depots."""

USES = (
    "s. .. m. s. .k s. m. .. s.",
    "m. s. .k s. mh .. s. .z .k",
    "s. .k .. .. .. .m s. .k m.",
    ".k s. m. .. .. .. .s .. .k",
    "s. .m .k .. .. .s m. .. s.",
    ".z s. .. m. s. .k s. .. .m",
    "s. .. mk .s .k m. .s hk ..",
)
"""Public land in each superblock. s, m, z: primary, junior, senior school; k: small park; h: hospital."""

ROAD_CLASS = {"primary": 21.0, "secondary": 16.0, "tertiary": 11.5, "residential": 7.5}
"""Kinds of road and metres from the centre line to the pavement's outer edge."""

X_CLASS = ("secondary", "tertiary", "secondary", "tertiary", "primary", "tertiary", "secondary", "primary",
           "tertiary", "secondary")  # fmt: skip
Y_CLASS = ("secondary", "tertiary", "secondary", "secondary", "secondary", "primary", "secondary", "tertiary",
           "tertiary", "secondary")  # fmt: skip
X_NAME: tuple[Name, ...] = (
    ("西环路", "West Ring Road"), ("桐荫路", "Tongyin Road"), ("锦西街", "Jinxi West Street"),
    ("丝竹路", "Sizhu Road"), ("锦溪大道", "Jinxi Avenue"), ("钟鼓街", "Zhonggu Street"),
    ("迎晖路", "Yinghui Road"), ("东渡大道", "Dongdu Avenue"), ("采芹路", "Caiqin Road"), ("东环路", "East Ring Road"),
)  # fmt: skip
Y_NAME: tuple[Name, ...] = (
    ("南环路", "South Ring Road"), ("丰登路", "Fengdeng Road"), ("南薰路", "Nanxun Road"),
    ("溪南滨河路", "South Riverside Road"), ("溪北滨河路", "North Riverside Road"),
    ("长乐大道", "Changle Avenue"), ("北辰路", "Beichen Road"), ("铁道南路", "Railway South Road"),
    ("铁道北路", "Railway North Road"), ("北环路", "North Ring Road"),
)  # fmt: skip

BRIDGES = {2: ("西虹桥", "Xihong Bridge"), 4: ("锦溪桥", "Jinxi Bridge"), 7: ("东渡桥", "Dongdu Bridge")}
UNDERPASSES = {1: "footway", 4: "primary", 7: "primary"}
"""By the index of the north-south arterial: three bridges over the river, three ways under the railway."""

PARK_TAGS = {"landuse": "recreation_ground"}
"""How a park is drawn. Parks are listed with their gates in facilities.csv; ``leisure=park`` would count them twice."""

RIVER_HALF_M, BRIDGE_HALF_M, PATH_OFF_M = 46.0, 50.0, 58.0
RAIL_Y = (Y[RAIL] + Y[RAIL + 1]) / 2
BEYOND_M, WAYS_OUT_M = 1780.0, 1650.0
"""How far river and railway, and the roads out of town, go on through the fields: farther than anybody walks."""
RAIL_TRACKS = (-6.0, -2.0, 2.0, 6.0)
FENCE_OFF_M = 14.0


def river_y(x: float) -> float:
    """Return where the middle of the river runs."""
    return (Y[RIVER] + Y[RIVER + 1]) / 2 + 16.0 * math.sin(x / 330.0)


def theme(column: int, band: int) -> str:
    """Return the theme letter of a superblock."""
    return THEMES[BANDS.index(band)][column]


def uses(column: int, band: int) -> str:
    """Return the letters of public uses of a superblock."""
    return USES[BANDS.index(band)].split()[column].replace(".", "")


def draw_arterials(town: Town) -> None:
    """Draw the arterials, block by block, with signals where they meet."""
    for j, y in enumerate(Y):
        for i in range(len(X) - 1):
            zh, en = Y_NAME[j]
            town.street((X[i], y), (X[i + 1], y), highway=Y_CLASS[j], name=zh, name__en=en)
    for i, x in enumerate(X):
        zh, en = X_NAME[i]
        for j in range(len(Y) - 1):
            if j not in (RIVER, RAIL):
                town.street((x, Y[j]), (x, Y[j + 1]), highway=X_CLASS[i], name=zh, name__en=en)
    big = ("primary", "secondary")
    town.signals += [(x, y) for i, x in enumerate(X) for j, y in enumerate(Y) if X_CLASS[i] in big or Y_CLASS[j] in big]


def draw_river(town: Town) -> None:
    """Draw the river, its greenways with steps down from the roads, and the bridges."""
    name = {"name": "锦溪", "name:en": "Jinxi River"}
    xs = [X[0] - BEYOND_M + 50 * k for k in range(int((X[-1] - X[0] + 2 * BEYOND_M) / 50) + 1)]
    bank = [[(x, river_y(x) + side * RIVER_HALF_M) for x in xs] for side in (-1, 1)]
    town.areas.append(Area((*bank[0], *reversed(bank[1])), {"natural": "water", "water": "river", **name}))
    town.lines.append(Area(tuple((x, river_y(x)) for x in xs), {"waterway": "river", **name}))
    _draw_greenways(town)
    for i, (zh, en) in BRIDGES.items():
        kind, middle, road = X_CLASS[i], river_y(X[i]), X_NAME[i]
        south, north = middle - BRIDGE_HALF_M, middle + BRIDGE_HALF_M
        tags = {"highway": kind, "name": road[0], "name:en": road[1]}
        town.street((X[i], Y[RIVER]), (X[i], south), **tags)
        town.street((X[i], north), (X[i], Y[RIVER + 1]), **tags)
        over = {**tags, "bridge": "yes", "layer": "1", "bridge:name": zh, "bridge:name:en": en}
        town.street((X[i], south), (X[i], north), is_apart=True, **over)


def _draw_greenways(town: Town) -> None:
    """Draw both riverside paths with their lawns, and a link or a flight of steps to the road every 180 m or so."""
    for side, road in ((-1, Y[RIVER]), (1, Y[RIVER + 1])):
        xs = [X[0] + 30 + 40 * k for k in range(int((X[-1] - X[0] - 60) / 40) + 1)]
        path = [(x, river_y(x) + side * PATH_OFF_M) for x in xs]
        name = ("溪南绿道", "South Greenway") if side < 0 else ("溪北绿道", "North Greenway")
        for k in range(0, len(path) - 1, 12):
            town.street(*path[k : k + 13], highway="footway", name=name[0], name__en=name[1], surface="paving_stones")
        edge = [(x, road - side * 17.0) for x in xs]
        bank = [(x, river_y(x) + side * RIVER_HALF_M) for x in xs]
        green = {"landuse": "grass", "name": name[0], "name:en": name[1]}
        town.areas.append(Area((*edge, *reversed(bank)), green))
        for k in range(3, len(xs) - 2, 5):
            x = xs[k] + town.dice.choice((0.0, 10.0))
            foot = (x, river_y(x) + side * PATH_OFF_M)
            town.street((x, road), foot, highway=town.dice.choice(("footway", "footway", "steps")))


def draw_railway(town: Town) -> None:
    """Draw the tracks between fences that stop only at the underpasses, and the underpasses."""
    for off in RAIL_TRACKS:
        line = tuple(densify([(X[0] - BEYOND_M, RAIL_Y + off), (X[-1] + BEYOND_M, RAIL_Y + off)]))
        name = {"name": "锦宁铁路", "name:en": "Jinning Railway"}
        town.lines.append(Area(line, {"railway": "rail", "usage": "main", **name}))
    ends = [X[0] - 60, *[x for i in UNDERPASSES for x in (X[i] - 14, X[i] + 14)], X[-1] + 60]
    for part in range(0, len(ends), 2):
        for side, word in ((-1, ("南侧", "south")), (1, ("北侧", "north"))):
            y = RAIL_Y + side * FENCE_OFF_M
            name = (f"锦宁铁路{word[0]}护栏", f"Jinning Railway fence, {word[1]} side")
            town.wall(name, "fence", [(ends[part], y), (ends[part + 1], y)])
    for i, kind in UNDERPASSES.items():
        zh, en = X_NAME[i]
        tags = {"highway": kind, "name": f"{zh}下穿隧道", "name:en": f"{en} underpass", "tunnel": "yes", "layer": "-1"}
        feet = (Y[RAIL] + 12, Y[RAIL + 1] - 12)
        ramp = {"highway": "steps" if kind == "footway" else kind}
        town.street((X[i], Y[RAIL]), (X[i], feet[0]), **ramp)
        town.street((X[i], feet[0]), (X[i], feet[1]), is_apart=True, **tags)
        town.street((X[i], feet[1]), (X[i], Y[RAIL + 1]), **ramp)


def draw_ways_out(town: Town) -> None:
    """Lead every arterial on through the fields, where nobody lives and nothing is served."""
    for j, y in enumerate(Y):
        zh, en = Y_NAME[j]
        for x, end in ((X[0], X[0] - WAYS_OUT_M), (X[-1], X[-1] + WAYS_OUT_M)):
            town.street((x, y), (end, y), highway=Y_CLASS[j], name=zh, name__en=en)
    for i, x in enumerate(X):
        zh, en = X_NAME[i]
        for y, end in ((Y[0], Y[0] - WAYS_OUT_M), (Y[-1], Y[-1] + WAYS_OUT_M)):
            town.street((x, y), (x, end), highway=X_CLASS[i], name=zh, name__en=en)


def cell_box(column: int, band: int) -> tuple[float, float, float, float]:
    """Return west, east, south, north of a superblock."""
    return X[column], X[column + 1], Y[band], Y[band + 1]


def corner(point: Point) -> Point:
    """Return a plan point with 10 cm precision."""
    return round(point[0], 1), round(point[1], 1)
