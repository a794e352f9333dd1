// The map of the desk: holds what is drawn, and tells what was clicked. Knows no panels.

import { addMarks } from './marks.js';
import { ABOVE_UNITS, BANDS, FONTS, GROUPS, baseStyle, topLayers, unitLayers } from './style.js';
import { boot, t } from './words.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const GAP_LAYERS = ['gaps-back', 'gaps-fill', 'gaps-casing', 'gaps-line', 'gap-chosen', 'gap-badges'];
const BASE_STREETS = ['local', 'secondary', 'main'];

function bounds(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  (function walk(part) {
    if (typeof part[0] === 'number') {
      box[0] = Math.min(box[0], part[0]); box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]); box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  })(geometry.coordinates);
  return box;
}

export class DeskMap {
  // element, units GeoJSON, level first shown, and what to do on clicks: onUnit(id), onGap(id), onPlace(lngLat), onHover(what, point)
  constructor(element, { units, level, actions, hash = true }) {
    this.units = units;
    this.level = level;
    this.actions = actions;
    this.homesCount = 0;
    const [west, south, east, north] = boot.study.bbox;
    this.map = new maplibregl.Map({
      container: element, style: baseStyle(), bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: { top: 16, right: 16, left: 16, bottom: element.clientHeight > 600 ? 165 : 16 } },
      hash, attributionControl: { compact: false }, dragRotate: false, pitchWithRotate: false, maxZoom: 19,
      localIdeographFontFamily: FONTS.join(','), fadeDuration: 0,
      locale: { 'NavigationControl.ZoomIn': t('map.zoom_in'), 'NavigationControl.ZoomOut': t('map.zoom_out') },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'bottom-right');
    this.map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), 'bottom-right');
    this.ready = new Promise((done) => this.map.once('style.load', () => { this.#prepare(); done(); }));
  }

  #prepare() {
    const { map } = this;
    addMarks(map, boot.study.categories);
    map.addSource('units', { type: 'geojson', data: this.units, promoteId: 'unit_id', tolerance: 0.2 });
    for (const name of ['unit-points', 'gaps', 'gap-points', 'facilities', 'planned', 'bands', 'here', 'route']) map.addSource(name, { type: 'geojson', data: EMPTY });
    for (const layer of unitLayers(this.level)) map.addLayer(layer, ABOVE_UNITS);
    for (const layer of topLayers(this.level)) map.addLayer(layer);
    map.on('click', (event) => this.#click(event));
    map.on('mousemove', (event) => this.#hover(event));
    map.on('mouseout', () => this.actions.onHover(null));
    map.on('contextmenu', (event) => this.actions.onPlace(event.lngLat));
  }

  #at(point, layers) {
    return this.map.queryRenderedFeatures(point, { layers: layers.filter((id) => this.map.getLayer(id)) })[0];
  }

  #click(event) {
    if (this.actions.isWalking()) return this.actions.onPlace(event.lngLat);
    const gap = this.#at(event.point, ['gap-badges', 'gaps-back']);
    if (gap) return this.actions.onGap(gap.properties.gap_id);
    const unit = this.#at(event.point, ['units-fill']);
    return this.actions.onUnit(unit ? unit.properties.unit_id : null);
  }

  #hover(event) {
    const found = this.#at(event.point, ['gap-badges', 'facility-marks', 'facility-dots', 'planned-marks', 'planned-dots', 'homes', 'gaps-back', 'units-fill']);
    this.map.getCanvas().style.cursor = this.actions.isWalking() ? 'crosshair' : found ? 'pointer' : '';
    this.actions.onHover(found ?? null, event.point);
  }

  #set(name, data) {
    this.map.getSource(name).setData(data);
  }

  #show(ids, isShown) {
    for (const id of ids) this.map.setLayoutProperty(id, 'visibility', isShown ? 'visible' : 'none');
  }

  setLevel(level) {
    this.level = level;
    for (const id of ['units-fill', 'units-line', 'unit-name']) this.map.setFilter(id, ['==', ['get', 'level'], level]);
  }

  // classes: unit_id -> 0..4 or null (unknown); texts: unit_id -> label; off: classes switched off in the legend
  setUnits({ classes, texts, people, off }) {
    const unknown = [];
    const points = [];
    for (const { properties } of this.units.features) {
      const id = properties.unit_id;
      const rank = classes[id] ?? null;
      if (rank === null && properties.level === this.level) unknown.push(id);
      this.map.setFeatureState({ source: 'units', id }, { class: rank ?? -1, isOff: off.has(rank) });
      points.push({ type: 'Feature', geometry: { type: 'Point', coordinates: properties.at },
        properties: { level: properties.level, text: texts[id] ?? '', people: people[id] ?? 0 } });
    }
    this.map.setFilter('units-unknown', ['in', ['get', 'unit_id'], ['literal', unknown]]);
    this.#set('unit-points', { type: 'FeatureCollection', features: points });
  }

  setGaps(features) {
    this.#set('gaps', { type: 'FeatureCollection', features });
    this.#set('gap-points', { type: 'FeatureCollection', features: features.map((gap) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: gap.properties.at }, properties: gap.properties })) });
  }

  setFacilities(collection, groups) {
    for (const { properties } of collection.features) {
      properties.colour = GROUPS[groups[properties.category]] ?? '#5E6973';
      properties.mark = `mark-${properties.category}`;
    }
    this.#set('facilities', collection);
  }

  // Places that are not open yet: they serve nobody, and are drawn hollow and dashed.
  setPlanned(features, groups) {
    for (const { properties } of features) {
      properties.colour = GROUPS[groups[properties.category]] ?? '#5E6973';
      properties.mark = `planned-${properties.category}`;
    }
    this.#set('planned', { type: 'FeatureCollection', features });
  }

  setHomes(status) {
    for (let id = 0; id < status.length; id += 1) this.map.setFeatureState({ source: 'base', sourceLayer: 'demand', id }, { status: status[id] });
  }

  setBands(collection, here) {
    const sorted = [...(collection?.features ?? [])].sort((a, b) => a.properties.threshold - b.properties.threshold);
    sorted.forEach((band, index) => Object.assign(band.properties, { rank: index, colour: BANDS[index % BANDS.length] }));
    this.#set('bands', { type: 'FeatureCollection', features: sorted });
    this.#set('here', here ? { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: here } } : EMPTY);
  }

  setRoute(collection) {
    this.#set('route', collection ?? EMPTY);
  }

  // which: 'coverage' | 'gaps' | 'homes' | 'unknown'; while bands are shown, units fall back to outlines
  setMode(which, hasBands) {
    const isFilled = (which === 'coverage' || which === 'unknown') && !hasBands;
    // An expression either way: MapLibre stumbles where a property of features turns constant while their state changes.
    const isOff = ['boolean', ['feature-state', 'isOff'], false];
    this.map.setPaintProperty('units-fill', 'fill-opacity', ['case', isOff, isFilled ? 0.12 : 0, isFilled ? 1 : 0]);
    this.#show(['units-unknown'], isFilled);
    for (const kind of BASE_STREETS) {
      this.#show([`casing-${kind}`], !isFilled && !hasBands);
      this.map.setPaintProperty(`street-${kind}`, 'line-opacity', isFilled || hasBands ? 0.6 : 1);
    }
    this.#show(['green-edge'], isFilled);
    this.#show(GAP_LAYERS, which === 'gaps' && !hasBands);
    this.#show(['homes'], which === 'homes' && !hasBands);
    this.#show(['bands', 'bands-edge', 'here'], hasBands);
  }

  select(unitId, gapId) {
    const isUnit = ['==', ['get', 'unit_id'], unitId ?? ''];
    this.map.setFilter('unit-chosen', isUnit);
    this.map.setFilter('unit-chosen-back', isUnit);
    this.map.setFilter('gap-chosen', ['==', ['get', 'gap_id'], gapId ?? '']);
  }

  fly(geometry, most = 15.5) {
    const [west, south, east, north] = bounds(geometry);
    const isQuick = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.map.fitBounds([[west, south], [east, north]], { padding: 60, maxZoom: most, animate: !isQuick, duration: 500 });
  }

  get centre() {
    return this.map.getCenter();
  }
}

