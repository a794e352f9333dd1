"""Service areas of a category: each facility's own, all together, and the catchments that share them out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from test_isochrone import ADULT
from test_walk_oracle import random_town

from geo.model.errors import InputError, NotFoundError
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.catchment import owned_field
from geo.walk.field import NOBODY, spread
from geo.walk.isochrone import Ground, Walk
from geo.walk.reach import Entrances, costs_around, nearest_owned
from geo.walk.samples import cost_along, owner_along, sample_edges
from geo.walk.service_area import CATCHMENTS, DISSOLVED, EACH, SERVICE_CELL_M, facility_areas, service_areas
from geo.walk.snap import join

LIMITS = [300.0, 600.0]
CELL_M2 = SERVICE_CELL_M**2


def drawn(town: Study, variant: str, *, limits: list[float] = LIMITS, unit: str = "m") -> gpd.GeoDataFrame:
    """The service areas of the town's clinics with whole shapes instead of rings, in metres of the town's CRS."""
    walk = Walk(limits, unit, ADULT, "to")
    bands, facts = service_areas(town, build_network(town), "clinic", walk, variant)
    assert facts["direction"] == "to" and facts["min_hole_m2"] > 0
    assert bands.crs == "EPSG:4326"
    assert bands.geometry[bands["people"].notna()].is_valid.all()
    local = bands.to_crs(towns.CRS).sort_values("threshold", kind="stable")
    whole = []
    for _, mine in local.groupby(local["facility_id"].fillna(""), sort=False):
        known = mine["people"].notna().all()
        upto = [shapely.union_all(mine.geometry.to_numpy()[: n + 1]) if known else None for n in range(len(mine))]
        whole.append(mine.set_geometry(gpd.GeoSeries(upto, index=mine.index, crs=towns.CRS)))
    return gpd.GeoDataFrame(pd.concat(whole))


def at_limit(frame: gpd.GeoDataFrame, limit: float) -> gpd.GeoDataFrame:
    return frame[frame["threshold"] == limit].set_index("facility_id")


def grid_town() -> Study:
    """Streets every 150 m from (0, 0) to (1200, 900); clinics in blocks, two at one place, one far out."""
    lines = [[(x, y), (x + 150, y)] for x in range(0, 1200, 150) for y in range(0, 901, 150)]
    lines += [[(x, y), (x, y + 150)] for x in range(0, 1201, 150) for y in range(0, 900, 150)]
    clinics = (
        ("b", "clinic", 310, 308), ("a", "clinic", 890, 600), ("twin", "clinic", 890, 600), ("z", "clinic", 640, 151),
        ("lost", "clinic", 9000, 9000),
    )  # fmt: skip
    spots = ((f"h{x}-{y}", 1.0 + x / 1000, x + 37, y + 13) for x in range(0, 1200, 75) for y in range(0, 900, 75))
    return towns.study(
        streets=towns.streets(*lines), facilities=towns.facilities(*clinics), demand=towns.homes(*spots)
    )  # fmt: skip


def walled_grid() -> Study:
    """`grid_town` with a wall of 700 m through its middle and a pond in a block."""
    town = grid_town()
    pond = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[shapely.box(*towns.at(20, 20), *towns.at(130, 130))])
    town_walls = towns.walls([(577, -80), (577, 620)], [(320, 290), (320, 330), (280, 330), (280, 290)])
    return towns.study(
        streets=town.streets, facilities=town.facilities, demand=town.demand, walls=town_walls,
        backdrop=pond.set_crs(towns.CRS),
    )  # fmt: skip


TOWNS = {"grid": grid_town, "walled": walled_grid}


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("unit", ["m", "min"])
def test_catchments_share_out_the_dissolved_area(town: str, unit: str) -> None:
    limits = LIMITS if unit == "m" else [5.0, 10.0]
    study = TOWNS[town]()
    shares, whole = (
        drawn(study, CATCHMENTS, limits=limits, unit=unit),
        drawn(study, DISSOLVED, limits=limits, unit=unit),
    )
    for limit in limits:
        mine, all_of_it = at_limit(shares, limit), whole[whole["threshold"] == limit].iloc[0]
        known = mine.dropna(subset="people")
        assert known["area_m2"].sum() == all_of_it["area_m2"]
        assert known["people"].sum() == pytest.approx(all_of_it["people"], abs=1e-6)
        shapes = known.geometry.to_numpy()
        overlaps = [a.intersection(b).area for i, a in enumerate(shapes) for b in shapes[i + 1 :]]
        assert max(overlaps) < 0.1
        assert shapely.union_all(shapes).symmetric_difference(all_of_it.geometry).area < 1.0
        for share, shape in zip(known["area_m2"], shapes, strict=True):
            assert abs(shape.area - share) <= SERVICE_CELL_M * shape.length


@pytest.mark.parametrize("town", TOWNS)
def test_a_facilitys_own_area_contains_its_catchment(town: str) -> None:
    study = TOWNS[town]()
    shares, own = drawn(study, CATCHMENTS), drawn(study, EACH)
    for limit in LIMITS:
        part, whole = at_limit(shares, limit), at_limit(own, limit)
        assert part.index.tolist() == whole.index.tolist() == ["a", "b", "lost", "twin", "z"]
        known = part.index != "lost"
        assert (part["area_m2"] <= whole["area_m2"])[known].all()
        assert (part["people"] <= whole["people"] + 1e-9)[known].all()
        for mine, area in zip(part.geometry[known], whole.geometry[known], strict=True):
            assert mine.difference(area.buffer(SERVICE_CELL_M)).area < CELL_M2


def test_where_a_facility_is_the_nearest_the_field_is_its_own() -> None:
    town = walled_grid()
    network = build_network(town)
    joins = join(network, town.entrances.geometry, walls=town.walls.geometry)
    joins = joins.take(np.flatnonzero(joins.is_joined))
    rows = np.arange(len(joins.edge), dtype=np.int32)
    doors = Entrances(joins, rows, np.zeros_like(rows))
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=SERVICE_CELL_M)
    grid = Ground.of(town).grid(samples.xy, cell_m=SERVICE_CELL_M)
    field, who = owned_field(network, grid, samples, doors, limit=60_000, per_m=100.0)
    for one in rows:
        mine = joins.take(np.array([one]))
        along = cost_along(network, samples, costs_around(network, mine, 60_000)[0], mine)
        near = along <= 60_000
        alone = spread(grid, samples.xy[near], along[near], per_m=100.0)
        assert (alone >= field).all()
        assert (who == one).sum() > 50 or one == 2
        assert (alone[who == one] == field[who == one]).all()
    assert ((who == NOBODY) == np.isinf(field)).all()


def test_of_two_at_one_place_the_lower_id_has_the_catchment_and_who_joins_nothing_is_unknown() -> None:
    shares = at_limit(drawn(grid_town(), CATCHMENTS), 600.0)
    assert shares.loc["a", "area_m2"] > 100 * CELL_M2 and shares.loc["a", "people"] > 0
    assert shares.loc["twin", ["area_m2", "people"]].tolist() == [0, 0] and shares.geometry["twin"].is_empty
    assert shares.loc["lost", ["area_m2", "people"]].isna().all() and shares.geometry["lost"] is None


@pytest.mark.parametrize("unit", ["m", "min"])
def test_alone_a_catchment_is_the_service_area(unit: str) -> None:
    town = grid_town()
    one = town.facilities[town.facilities["facility_id"] == "b"]
    alone = towns.study(streets=town.streets, facilities=one, demand=town.demand)
    limits = LIMITS if unit == "m" else [5.0, 10.0]
    found = [drawn(alone, variant, limits=limits, unit=unit) for variant in (CATCHMENTS, EACH, DISSOLVED)]
    for other in found[1:]:
        assert found[0]["area_m2"].tolist() == other["area_m2"].tolist()
        assert found[0]["people"].tolist() == other["people"].tolist()
        apart = found[0].geometry.symmetric_difference(other.geometry.set_axis(found[0].index)).area
        assert apart.max() < 1.0


def test_people_of_a_catchment_are_those_nearest_to_it_and_never_counted_by_shape() -> None:
    """A street of 1,000 m, clinics at both ends: the middle is 500 m from both and goes to the lower id.

    Home ``m`` stands 60 m north of the middle, beyond the drawing: it walks 560 m.
    """
    town = towns.study(
        streets=towns.streets([(0, 0), (1000, 0)]),
        facilities=towns.facilities(("east", "clinic", 1000, 0), ("west", "clinic", 0, 0)),
        demand=towns.homes(("m", 8, 500, 60), ("w", 4, 499, 0), ("e", 2, 501, 0), ("far", 1, 500, 101)),
    )
    shares = at_limit(drawn(town, CATCHMENTS), 600.0)
    assert shares["people"].to_dict() == {"east": 10.0, "west": 4.0}
    own = at_limit(drawn(town, EACH), 600.0)
    assert own["people"].to_dict() == {"east": 14.0, "west": 14.0}
    assert shares.geometry["east"].bounds[0] == pytest.approx(towns.EAST + 500, abs=SERVICE_CELL_M)
    assert shares.geometry["west"].bounds[2] == pytest.approx(towns.EAST + 500, abs=SERVICE_CELL_M)


@pytest.mark.parametrize("seed", range(8))
def test_every_piece_of_street_belongs_to_its_nearest(seed: int) -> None:
    """On random towns, walls and all: whose a sample is, against every facility searched alone."""
    town = random_town(seed)
    network = build_network(town)
    joins = join(network, town.entrances.geometry, walls=town.walls.geometry)
    joins = joins.take(np.flatnonzero(joins.is_joined))
    rows = np.arange(len(joins.edge), dtype=np.int32) // 2
    doors = Entrances(joins, rows, np.zeros_like(rows))
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=SERVICE_CELL_M)
    nodes = nearest_owned(network, doors, 60_000)
    cost = cost_along(network, samples, nodes[0], joins)
    owner = owner_along(network, samples, cost, nodes, (joins, rows))
    alone = []
    for one in range(rows[-1] + 1):
        mine = joins.take(np.flatnonzero(rows == one))
        alone.append(cost_along(network, samples, costs_around(network, mine, 60_000)[0], mine))
    near = cost <= 60_000
    assert near.sum() > 50
    assert cost[near].tolist() == np.min(alone, axis=0)[near].tolist()
    assert owner[near].tolist() == np.argmin(alone, axis=0)[near].tolist()


def test_one_facility_is_drawn_by_all_its_doors_and_a_wrong_one_is_told() -> None:
    places = towns.facilities(("f", "clinic", 500, 0), ("lost", "clinic", 0, 5000))
    town = towns.study(
        streets=towns.streets([(0, 0), (1000, 0)]), facilities=places,
        entrances=towns.doors(places, f=[(300, 0), (700, 0)]), demand=towns.homes(("h", 5, 100, 0), ("g", 7, 500, 0)),
    )  # fmt: skip
    network, walk = build_network(town), Walk([100.0, 200.0], "m", ADULT, "to")
    bands, _ = facility_areas(town, network, ["f"], walk)
    assert bands["threshold"].tolist() == [200.0, 100.0]
    assert bands["people"].tolist() == [12.0, 0.0]
    west, _, east, _ = bands.to_crs(towns.CRS).total_bounds
    assert (west - towns.EAST, east - towns.EAST) == pytest.approx((100, 900), abs=10)
    for wrong, fault in (("nope", NotFoundError), ("lost", InputError)):
        with pytest.raises(fault, match=wrong):
            facility_areas(town, network, ["f", wrong], walk)
    with pytest.raises(NotFoundError, match="clinic"):
        service_areas(town, network, "cinema", walk, DISSOLVED)
