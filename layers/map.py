"""The portable map: one HTML file with everything inside, to be mailed, printed or opened from a stick.

The only importer of folium, which would load its libraries from other hosts: here they are written into the page, and
a page that still names another host is refused. Names come from data, so every word of them is escaped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import Element
from markupsafe import Markup, escape

from geo.judge.headline import telling_rules
from geo.judge.patches import draw_gaps
from geo.judge.verdicts import threshold_text
from geo.model.assessment import Assessment
from geo.model.crs import WGS84
from geo.model.errors import LifeCircleError
from geo.model.standards import Rule
from geo.model.study import Study
from layers import style

MOST_RULES, MOST_GAPS, MOST_FACILITIES = 6, 300, 1500
STREET_KINDS = ("trunk", "primary", "secondary", "tertiary", "residential", "unclassified", "living_street")
SIMPLIFY_M = 3.0
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|link|object)\b[^>]*?(?:src|href|data)\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|@import|url\(\s*["']?http""",
    re.IGNORECASE,
)
"""Whatever would make a browser fetch from another host; a plain link fetches nothing."""
_CSS_URL = re.compile(r"url\([^)]*\)")

TEXTS = {
    "zh": {
        "title": "步行覆盖率", "legend": "步行可达人口占常住人口的比例",
        "unknown": "未知（资料不足）", "gaps": "服务盲区",
        "facilities": "设施", "planned": "规划或在建设施（不计入）", "base": "底图", "people": "人口",
        "covered": "覆盖", "uncovered": "未覆盖", "unknown_people": "未知",
        "cause": "成因", "none in range": "附近没有设施", "severed": "被隔断（直线近、步行远）",
        "over capacity": "容量不足",
        "walk": "最近步行",
        "within": "限值", "standard": "标准", "date": "数据日期",
        "made_up": "示例城市（虚构）", "rank": "第", "clause": "条文",
    },
    "en": {
        "title": "Walking coverage", "legend": "Share of residents who can walk there", "unknown": "Unknown (no data)",
        "planned": "Planned, not counted", "gaps": "Gaps", "facilities": "Facilities",
        "base": "Base", "people": "People", "covered": "covered",
        "uncovered": "not covered", "unknown_people": "unknown", "cause": "Cause", "none in range": "none nearby",
        "severed": "cut off (near by line, far on foot)", "over capacity": "too few places",
        "walk": "nearest walk", "within": "limit",
        "standard": "Standard", "date": "Data date",
        "made_up": "made-up sample town", "rank": "no.", "clause": "clause",
    },
}  # fmt: skip


def portable_map(study: Study, assessment: Assessment, *, lang: str, libraries: Path) -> str:
    """Return the page: coverage of the smallest units by the main rules, gaps, facilities, on a light base.

    Parameters
    ----------
    lang
        "zh" or "en".
    libraries
        The folder that holds ``leaflet.js`` and ``leaflet.css``.

    Raises
    ------
    LifeCircleError
        The libraries are missing, or the page would load something from another host.
    """
    words = TEXTS[lang]
    page = folium.Map(tiles=None, zoom_control=True, control_scale=True, prefer_canvas=True, max_zoom=19)
    page.default_js, page.default_css = [], []
    _add_base(page, study, words)
    rules = _main_rules(assessment)
    for number, rule in enumerate(rules):
        _add_units(page, study, assessment, rule, lang=lang, is_shown=number == 0)
        _add_gaps(page, study, assessment, rule, lang=lang, is_shown=number == 0)
    _add_facilities(page, study, rules, lang)
    _add_planned(page, study, rules, lang)
    folium.LayerControl(collapsed=False).add_to(page)
    west, south, east, north = _extent(study)
    page.fit_bounds([[south, west], [north, east]])
    root = page.get_root()
    root.header.add_child(Element(_inlined(libraries)))
    root.header.add_child(Element(f"<title>{escape(study.name)} – {words['title']}</title>"))
    root.html.add_child(Element(_frame(study, assessment, rules, lang)))
    root.script.add_child(Element(_credit(page.get_name(), study)))
    html = str(root.render())
    if _FETCHED.search(html):
        raise LifeCircleError("the portable map would load something from another host")
    return html


def _inlined(libraries: Path) -> str:
    try:
        script = (libraries / "leaflet.js").read_text(encoding="utf-8")
        sheet = (libraries / "leaflet.css").read_text(encoding="utf-8")
    except OSError:
        raise LifeCircleError(
            "the browser libraries are missing. Run: python -m web.browser_libraries", code="libraries_missing"
        ) from None
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    return f"<style>{_CSS_URL.sub('none', sheet)}</style><script>{script}</script>"


def _main_rules(assessment: Assessment) -> list[Rule]:
    rules = {rule.rule_id: rule for rule in assessment.standard.rules}
    return [rules[figures["rule_id"]] for figures in telling_rules(assessment.headline)][:MOST_RULES]


def _extent(study: Study) -> tuple[float, float, float, float]:
    table = study.units if not study.units.empty else study.streets
    return tuple(table.geometry.to_crs(WGS84).total_bounds)  # type: ignore[return-value]


def _add_base(page: folium.Map, study: Study, words: dict[str, str]) -> None:
    group = folium.FeatureGroup(name=words["base"], control=False).add_to(page)
    for kind, fill in (("water", style.WATER), ("green", style.GREEN), ("wood", style.GREEN)):
        part = study.backdrop[study.backdrop["kind"] == kind]
        part = part[(part.geometry.area > 3000) | (part.geometry.length > 1000)]
        _add(group, part, {"color": fill, "weight": 1, "fillColor": fill, "fillOpacity": 1})
    streets = study.streets[study.streets["kind"].isin(STREET_KINDS)]
    _add(group, streets, {"color": style.STREET, "weight": 1})


def _add(group: folium.FeatureGroup, part: gpd.GeoDataFrame, look: dict[str, Any]) -> None:
    """Add shapes that say nothing, merged into one."""
    if part.empty:
        return
    shapes = shapely.simplify(part.geometry.to_numpy(), SIMPLIFY_M)
    whole = gpd.GeoSeries([shapely.GeometryCollection(list(shapes))], crs=part.crs).to_crs(WGS84)
    data = json.loads(shapely.to_geojson(shapely.set_precision(whole.iloc[0], 1e-6, mode="pointwise")))
    folium.GeoJson(data, style_function=lambda _f: look, interactive=False).add_to(group)


def _add_units(
    page: folium.Map, study: Study, assessment: Assessment, rule: Rule, *, lang: str, is_shown: bool
) -> None:
    """Add the smallest units, filled by how many of their people the rule covers."""
    leaves = ~study.units["unit_id"].isin(study.units["parent_id"].dropna())
    mine = assessment.verdicts[assessment.verdicts["rule_id"] == rule.rule_id].reset_index(drop=True)
    rows = []
    for number in leaves.to_numpy().nonzero()[0]:
        unit, figures = study.units.iloc[number], mine.iloc[number]
        is_unknown = figures["unknown"] > style.UNKNOWN_SHARE * figures["people"] or pd.isna(figures["ratio"])
        rank = None if is_unknown else style.class_of(float(figures["ratio"]))
        rows.append({"fill": style.UNKNOWN_FILL if rank is None else style.SERVED[rank],
                     "dash": "4 4" if rank is None else "", "html": _unit_text(unit, figures, lang)})  # fmt: skip
    shapes = shapely.simplify(study.units.geometry.to_numpy()[leaves], SIMPLIFY_M)
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=study.crs).to_crs(WGS84)
    group = folium.FeatureGroup(name=_rule_name(rule, lang), show=is_shown).add_to(page)
    if not frame.empty:
        folium.GeoJson(
            json.loads(frame.to_json()),
            style_function=lambda f: {
                "fillColor": f["properties"]["fill"], "fillOpacity": 0.8, "color": style.UNIT_LINE, "weight": 1.1,
                "dashArray": f["properties"]["dash"],
            },
            tooltip=folium.GeoJsonTooltip(["html"], labels=False),
            popup=folium.GeoJsonPopup(["html"], labels=False),
        ).add_to(group)  # fmt: skip


def _unit_text(unit: pd.Series, figures: pd.Series, lang: str) -> Markup:
    words = TEXTS[lang]
    name = unit["name_en"] if lang == "en" and unit["name_en"] else unit["name"]
    ratio = "—" if pd.isna(figures["ratio"]) else f"{figures['ratio']:.0%}"
    if pd.isna(figures["people"]):
        return Markup("<b>{}</b><br>{}").format(name, ratio)
    return Markup("<b>{}</b><br>{}<br>{} {:,.0f} · {} {:,.0f} · {} {:,.0f}").format(
        name, ratio, words["covered"], figures["covered"], words["uncovered"], figures["uncovered"],
        words["unknown_people"], figures["unknown"],
    )  # fmt: skip


def _add_gaps(page: folium.Map, study: Study, assessment: Assessment, rule: Rule, *, lang: str, is_shown: bool) -> None:
    words = TEXTS[lang]
    mine = assessment.gaps[assessment.gaps["rule_id"] == rule.rule_id].head(MOST_GAPS)
    if mine.empty:
        return
    mine = draw_gaps(study, assessment, mine).to_crs(WGS84)
    texts = []
    for number, gap in enumerate(mine.itertuples(), start=1):
        walk = "—" if pd.isna(gap.nearest_walk_m) else f"{gap.nearest_walk_m:,.0f} m"
        texts.append(
            Markup("<b>{} {}</b> {} {:,.0f}<br>{}: {}<br>{} {} ({} {})").format(
                words["rank"], number, words["people"], gap.people, words["cause"], words[gap.cause], words["walk"],
                walk, words["within"], threshold_text(rule),
            )
        )  # fmt: skip
    frame = gpd.GeoDataFrame({"html": texts}, geometry=mine.geometry.to_numpy(), crs=WGS84)
    frame["geometry"] = shapely.set_precision(frame.geometry.to_numpy(), 1e-5, mode="pointwise")
    group = folium.FeatureGroup(name=f"{words['gaps']}: {_rule_name(rule, lang)}", show=is_shown).add_to(page)
    folium.GeoJson(
        json.loads(frame.to_json()),
        style_function=lambda _f: {
            "color": style.GAP_LINE,
            "weight": 2,
            "fillColor": style.GAP_FILL,
            "fillOpacity": 0.35,
        },
        tooltip=folium.GeoJsonTooltip(["html"], labels=False),
    ).add_to(group)


def _add_facilities(page: folium.Map, study: Study, rules: list[Rule], lang: str) -> None:
    look = {"color": "#ffffff", "fill_color": style.INK, "fill_opacity": 1}
    _add_points(page, study.facilities, rules, lang, TEXTS[lang]["facilities"], look)


def _add_planned(page: folium.Map, study: Study, rules: list[Rule], lang: str) -> None:
    """Add the planned facilities, hollow and dashed: they serve nobody yet."""
    planned = study.not_open[study.not_open["state"] == "planned"]
    look = {"color": style.INK, "dash_array": "2 2", "fill_color": "#ffffff", "fill_opacity": 0.6}
    _add_points(page, planned, rules, lang, TEXTS[lang]["planned"], look)


def _add_points(
    page: folium.Map, table: gpd.GeoDataFrame, rules: list[Rule], lang: str, title: str, look: dict[str, Any]
) -> None:
    """Add those facilities of a table that the rules ask for, as a group that is hidden at first."""
    wanted = {category for rule in rules for category in rule.categories}
    mine = table[table["category"].isin(wanted)].head(MOST_FACILITIES).to_crs(WGS84)
    if mine.empty:
        return
    column = "name_en" if lang == "en" else "name"
    names = mine[column].where(mine[column].notna(), mine["name"]).fillna("")
    texts = [str(Markup("{}<br>{}").format(n, c)) for n, c in zip(names, mine["category"], strict=True)]
    frame = gpd.GeoDataFrame({"html": texts}, geometry=mine.geometry.to_numpy(), crs=WGS84)
    group = folium.FeatureGroup(name=title, show=False).add_to(page)
    folium.GeoJson(
        json.loads(frame.to_json()),
        marker=folium.CircleMarker(radius=4, weight=1, fill=True, **look),
        tooltip=folium.GeoJsonTooltip(["html"], labels=False),
    ).add_to(group)


def _rule_name(rule: Rule, lang: str) -> str:
    return str(escape(f"{rule.name.in_language(lang)} ≤ {threshold_text(rule)}"))


def _frame(study: Study, assessment: Assessment, rules: list[Rule], lang: str) -> str:
    """Return the title and the legend, as a box over the map."""
    words = TEXTS[lang]
    date = study.data_date or "—"
    swatches = "".join(
        f'<span><i style="background:{fill}"></i>{name}</span>'
        for fill, name in zip(style.SERVED, style.class_names(), strict=True)
    )
    made_up = Markup("<strong>{}</strong> · ").format(words["made_up"]) if study.is_made_up else Markup("")
    clauses = escape(
        "; ".join(f"{r.name.in_language(lang)}: {words['clause']} {r.clause}, {r.confidence}" for r in rules)
    )
    standard = escape(assessment.standard.name.in_language(lang))
    return f"""<style>
html,body{{height:100%;margin:0;background:{style.LAND};font:14px/1.5 "Microsoft YaHei","Noto Sans CJK SC",sans-serif}}
.leaflet-container{{background:{style.LAND}}}
.lc{{position:absolute;left:12px;bottom:64px;z-index:900;max-width:min(480px,80vw);background:#fff;padding:10px 14px;
border-radius:6px;color:{style.INK};box-shadow:0 1px 4px #14191F26}}
.lc p,.lc details{{margin:2px 0;font-size:12px;color:#4A5560}} .lc h1{{font-size:16px;margin:0 0 4px}}
.lc span{{display:inline-block;margin-right:10px;white-space:nowrap;font-size:12px}}
.lc i{{display:inline-block;width:22px;height:12px;border:1px solid {style.UNIT_LINE};margin-right:4px;
vertical-align:-1px}}
</style><div class="lc"><h1>{made_up}{escape(study.name)} · {words["title"]}</h1>
<p>{words["legend"]}</p><div>{swatches}<span><i style="background:{style.UNKNOWN_FILL};border-style:dashed"></i>
{words["unknown"]}</span><span><i style="background:{style.GAP_FILL};border:2px solid {style.GAP_LINE}"></i>
{words["gaps"]}</span></div>
<p>{words["standard"]}: {standard} · {words["date"]}: {escape(date)} · {escape(assessment.assessment_id)}</p>
<details><summary>{words["clause"]}</summary><p>{clauses}</p></details></div>"""


def _credit(map_name: str, study: Study) -> str:
    text = json.dumps(str(escape(" · ".join(study.credits)))).replace("<", "\\u003c")
    control = f"{map_name}.attributionControl"
    return f"addEventListener('load', () => {control}.setPrefix(false).addAttribution({text}));"
