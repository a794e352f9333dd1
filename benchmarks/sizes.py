"""What networks cost in bytes: a made one, and a real one where it is here."""

from __future__ import annotations

from benchmarks.cities import DATA, REAL
from benchmarks.networks import make_network
from benchmarks.timing import NODES
from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import FileRef
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.size import Size, size_of


def network_sizes() -> dict[str, Size]:
    """Return the bytes an edge and a node of the networks that are measured here, by name."""
    networks: dict[str, Network] = {f"made, {NODES:,} nodes": make_network(NODES)}
    for name, file in (("porto-alegre", "poa_osm.pbf"), ("las-palmas", "las_palmas_2023.osm.pbf")):
        if (REAL / name / file).is_file():
            networks[name] = build_network(load_study(name, Inputs(osm=FileRef(REAL / name / file)), DATA))
    return {name: size_of(network) for name, network in networks.items()}
