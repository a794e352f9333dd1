"""Make the sample town Jinxi 锦溪 (made up): run ``python data/sample/make_sample.py``.

Everything comes from one seed, so every run writes the same bytes. The steps are those of a town: arterials, river and
railway; inner streets and parcels; houses, walls and gates; people; units; facilities, but for the designed gaps.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __package__:
    from .jinxi.build import build_town
    from .jinxi.write_osm import write_osm
    from .jinxi.write_tables import (
        write_causes,
        write_demand,
        write_facilities,
        write_gates,
        write_truth,
        write_units,
        write_walls,
    )
else:
    from jinxi.build import build_town
    from jinxi.write_osm import write_osm
    from jinxi.write_tables import (
        write_causes,
        write_demand,
        write_facilities,
        write_gates,
        write_truth,
        write_units,
        write_walls,
    )


def make_sample(folder: Path) -> None:
    """Write all files of the sample into a folder."""
    made = build_town()
    write_osm(folder / "jinxi.osm.pbf", made.town, made.lines, made.places)
    write_units(folder / "units.geojson", made.units)
    write_facilities(folder / "facilities.csv", made.town)
    write_demand(folder / "demand.csv", made.homes)
    write_walls(folder / "walls.geojson", made.town)
    write_gates(folder / "gates.geojson", made.town)
    write_truth(folder / "truth.json", made.truth)
    write_causes(folder / "truth_causes.csv", made.causes)


if __name__ == "__main__":
    make_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
