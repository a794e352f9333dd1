"""Our decoder of the streets of a PBF, held against pyosmium, and against files that are damaged or mean harm."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import osmium
import pytest
from pandas.testing import assert_frame_equal

from geo.intake import osm, pbf
from geo.intake.classify import CategoryTable, read_categories
from geo.intake.osm import OsmData, read_osm
from geo.intake.pbf import read_ways
from geo.intake.pbf_blocks import LARGEST_BLOCK, DeclinedError
from geo.intake.pbf_wire import read_totals
from geo.intake.way_tags import WayTags
from geo.model.errors import InputError

PROJECT = Path(__file__).resolve().parents[1]
REAL = PROJECT.parent / "shared" / "data"
TABLES = ("streets", "facilities", "entrances", "walls", "gates", "backdrop")


@pytest.fixture(scope="module")
def categories() -> CategoryTable:
    return read_categories(PROJECT / "data" / "categories" / "categories.yaml")


def by_pyosmium(path: Path, categories: CategoryTable) -> OsmData:
    def declined(path: Path) -> None:
        raise DeclinedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(osm, "read_ways", declined)
        return read_osm(path, categories)


def assert_same(path: Path, categories: CategoryTable) -> OsmData:
    """The quick reader takes the file, and gives what pyosmium gives."""
    read_ways(path)
    quick, slow = read_osm(path, categories), by_pyosmium(path, categories)
    for table in TABLES:
        assert_frame_equal(getattr(quick, table), getattr(slow, table), check_exact=True)
    assert quick.facts == slow.facts
    return quick


@pytest.mark.parametrize("name", ["monaco/monaco.osm.pbf", "las-palmas/las_palmas_2023.osm.pbf", "jinxi"])
def test_the_quick_reader_is_pyosmium_on_towns(name: str, categories: CategoryTable) -> None:
    path = PROJECT / "data" / "sample" / "jinxi.osm.pbf" if name == "jinxi" else REAL / name
    if not path.is_file():
        pytest.skip("the real data are not here")
    assert len(assert_same(path, categories).streets) > 1000


def tricky() -> Iterator[osmium.osm.mutable.OSMObject]:
    """Ways of random tags over random nodes: some missing, some twice, some numbers large, some ways below zero."""
    dice = np.random.default_rng(1)
    numbers = [*range(1, 60), 2**40, 2**40 + 3]
    for number in numbers:
        lon, lat = dice.uniform(-180, 180), dice.uniform(-90, 90)
        barrier = {"barrier": dice.choice(["gate", "wall", "bollard"]), "foot": dice.choice(["no", "yes"])}
        crossing = {"highway": dice.choice(["crossing", "elevator"]), "kerb": dice.choice(["raised", "yes", "flush"])}
        tags = barrier if dice.random() < 0.1 else crossing if dice.random() < 0.3 else {}
        yield osmium.osm.mutable.Node(id=number, location=(lon, lat), tags=tags)
    choices = {
        "highway": ["footway", "residential", "motorway", "steps", "construction", "", "elevator", "primary_link"],
        "railway": ["platform", "rail"], "foot": ["no", "yes", ""], "access": ["private", "no", "yes"],
        "name": ["人民路", "", "Rúa"], "surface": ["x" * 300], "barrier": ["fence"], "platform": ["highway"],
        "wheelchair": ["yes", "designated", "limited", "no", "unknown"],
        "footway": ["crossing", "sidewalk"], "crossing": ["traffic_signals", "no"], "oneway": ["yes", "-1"],
        "width": ["1.5", "wide"], "incline": ["5%", "up"], "conveying": ["forward", "yes"], "bridge": ["yes", "no"],
    }  # fmt: skip
    for number in [*range(-1, -10, -1), *range(1, 400), 2**45]:
        tags = {key: str(dice.choice(values)) for key, values in choices.items() if dice.random() < 0.5}
        refs = dice.choice([*numbers, 777, 778], dice.integers(0, 9)).tolist()
        yield osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags)


@pytest.fixture(params=["pbf_dense_nodes=true", "pbf_dense_nodes=false", "pbf_compression=none"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "tricky.osm.pbf"
    add = {osmium.osm.mutable.Node: "add_node", osmium.osm.mutable.Way: "add_way"}
    with osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,{request.param},add_metadata=false")) as writer:
        for item in tricky():
            getattr(writer, add[type(item)])(item)
    return path


def test_the_quick_reader_is_pyosmium_on_whatever_may_stand_in_a_file(town: Path, categories: CategoryTable) -> None:
    data = assert_same(town, categories)
    assert data.facts["ways_with_missing_nodes"] > 0
    assert set(data.streets["kind"]) > {"steps", "platform"}
    assert (data.streets["from_node"] < 0).any()
    assert set(data.streets["wheelchair"]) == {"yes", "limited", "no", None}
    crossed = {*data.streets["crossing_from"], *data.streets["crossing_to"]}
    assert crossed >= {None, "lift", "residential", "primary", "trunk"}
    assert set(data.streets["kerb"]) == {None, "raised", "flush"}
    assert set(data.streets["width_m"].dropna()) == {1.5} and set(data.streets["incline"].dropna()) == {0.05}


def test_nodes_that_wait_for_the_ways_are_the_nodes_that_are_read_again(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read_ways(town)
    monkeypatch.setattr(pbf, "_KEPT_BYTES", 0)
    again = read_ways(town)
    assert len(kept.nodes) > 300
    assert (again.way_id, again.words, again.number, again.nodes) == (kept.way_id, kept.words, kept.number, kept.nodes)


def test_tags_of_ways_are_asked_once_for_each_combination() -> None:
    """Also where words are many more than ways, so that they are sorted and not flagged."""
    dice = np.random.default_rng(5)
    for ways, most in ((0, 3), (200, 4), (30, 5000)):
        words = np.array([None, *map(str, range(1, most))], dtype=object)
        tags = WayTags(("a", "b", "c"), words, dice.integers(0, most, (ways, 3), dtype=np.int32))
        asked: list[dict[str, str]] = []
        told = tags.each(("c", "a"), lambda t, seen=asked: [seen.append(t), len(seen)][1], np.int64)
        plain = [
            {k: v for k, v in (("c", c), ("a", a)) if v is not None} for c, a in zip(tags["c"], tags["a"], strict=True)
        ]
        assert [asked[number - 1] for number in told] == plain
        assert len(asked) == len({tuple(row.items()) for row in plain})


def test_streets_between_nodes_that_an_editor_numbered_below_zero_are_kept(tmp_path: Path) -> None:
    """pyosmium finds no place for such nodes; here pyosmium is no oracle, but what was written."""
    path = tmp_path / "drawn.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for node, place in ((-1, (-71.5, -33.25)), (-2, (179.9999999, 89.5))):
            writer.add_node(osmium.osm.mutable.Node(id=node, location=place))
        writer.add_way(osmium.osm.mutable.Way(id=-7, nodes=[-2, -1], tags={"highway": "path"}))
    ways = read_ways(path)
    assert ways.way_id == [-7]
    assert ways.nodes.tolist() == [-2, 1799999999, 895000000, -1, -715000000, -332500000]


def test_a_file_without_streets_has_none(tmp_path: Path, categories: CategoryTable) -> None:
    path = tmp_path / "bare.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(1, 2), tags={"amenity": "pharmacy"}))
    data = assert_same(path, categories)
    assert data.streets.empty
    assert len(data.facilities) == 1


def test_a_file_cut_anywhere_is_refused(tmp_path: Path, categories: CategoryTable) -> None:
    whole = (PROJECT / "data" / "sample" / "jinxi.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    for size in np.random.default_rng(2).integers(1, len(whole), 10).tolist():
        path.write_bytes(whole[:size])
        with pytest.raises(DeclinedError):
            read_ways(path)
        with pytest.raises(InputError, match=r"cut\.osm\.pbf") as caught:
            read_osm(path, categories)
        assert caught.value.code == "osm_invalid"


def test_damage_within_a_block_is_declined_or_harmless(tmp_path: Path) -> None:
    """Bytes changed in blocks that are not packed, where no checksum tells: never anything but an answer or a no."""
    dice, path, outcomes = np.random.default_rng(3), tmp_path / "hurt.osm.pbf", set()
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none")) as writer:
        for item in tricky():
            (writer.add_node if isinstance(item, osmium.osm.mutable.Node) else writer.add_way)(item)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(150):
        hurt = whole.copy()
        hurt[dice.integers(0, len(hurt), 3)] = dice.integers(0, 256, 3)
        path.write_bytes(hurt.tobytes())
        try:
            outcomes.add(type(read_ways(path)))
        except DeclinedError:
            outcomes.add(DeclinedError)
    assert DeclinedError in outcomes


def number(value: int) -> bytes:
    head = b""
    while value > 127:
        head, value = head + bytes([value & 127 | 128]), value >> 7
    return head + bytes([value])


def sized(field: int, content: bytes) -> bytes:
    return number(field << 3 | 2) + number(len(content)) + content


def block(blob: bytes, size: int | None = None) -> bytes:
    head = sized(1, b"OSMData") + number(3 << 3) + number(len(blob) if size is None else size)
    return struct.pack(">I", len(head)) + head + blob


HARMFUL = {
    "a header of 4 GB": b"\xff\xff\xff\xff" + b"\0" * 100,
    "a block said to be huge": block(b"", size=1 << 40),
    "a bomb": block(sized(3, zlib.compress(bytes(LARGEST_BLOCK + 1)))),
    "a number without end": block(sized(1, b"\xff" * 1000)),
    "a message of very many fields": block(sized(1, sized(1, b"") + sized(2, sized(3, b"\x08\x01" * 100_000)))),
    "very many ways of nothing": block(sized(3, zlib.compress(sized(1, b"") + sized(2, b"\x1a\0" * (3 << 20))))),
    "very many groups of nothing": block(sized(3, zlib.compress(sized(1, b"") + b"\x12\0" * (3 << 20)))),
    "a size that turns negative": block(sized(1, sized(1, b"") + sized(2, sized(3, b"\x12" + b"\xff" * 9 + b"\x01")))),
    "packed in another way": block(sized(4, b"lzma")),
}


@pytest.mark.parametrize("content", HARMFUL.values(), ids=HARMFUL)
def test_what_means_harm_is_declined(content: bytes, tmp_path: Path, categories: CategoryTable) -> None:
    path = tmp_path / "harm.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(DeclinedError):
        read_ways(path)
    with pytest.raises(InputError) as caught:
        read_osm(path, categories)
    assert caught.value.code == "osm_invalid"


def test_numbers_are_read_as_they_are_written() -> None:
    kept = {0: 0, 1: -1, 2: 1, 127: -64, 128: 64, 300: 150, 2**32 - 1: -(2**31), 2**64 - 2: 2**63 - 1,
            2**64 - 1: -(2**63)}  # fmt: skip
    for written, meant in kept.items():
        assert read_totals(number(written)).tolist() == [meant]
    assert read_totals(b"".join(map(number, [6, 1, 600, 0]))).tolist() == [3, 2, 302, 302]


@pytest.mark.parametrize("raw", [b"\x80", b"\x01" + b"\xff" * 11, b"\xff" * 10 + b"\x01"])
def test_a_number_that_does_not_end_is_no_number(raw: bytes) -> None:
    with pytest.raises(ValueError, match="does not end"):
        read_totals(raw)
