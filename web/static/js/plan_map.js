// What-if on the map of the desk: units shaded by change, homes that change, the edits in violet.

import { DeskMap } from './map.js';
import { ABOVE_UNITS } from './style.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
export const CHANGE = ['#7D3F0B', '#C4823F', '#EBC795', '#F1F2F2', '#9FD2CD', '#3F9791', '#0A5854'];
export const CHANGE_BREAKS = [0.02, 0.1, 0.25];
export const EDIT = '#6B2FBF';
const RATIO = 2;
// close up the homes tell who gains and loses, and the shade steps back
const PALER = ['interpolate', ['linear'], ['zoom'], 14, 1, 15, 0.3];

// -3 (many lose) to 3 (many gain); 0 within the first break
export function changeClass(part) {
  const rank = CHANGE_BREAKS.filter((bound) => Math.abs(part) > bound).length;
  return part < 0 ? -rank : rank;
}

function picture(map, name, size, draw) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext('2d');
  pen.scale(RATIO, RATIO);
  draw(pen);
  const { data, width, height } = pen.getImageData(0, 0, size * RATIO, size * RATIO);
  map.addImage(name, { width, height, data }, { pixelRatio: RATIO });
}

// light signs on the units of the darkest shades
const signs = (name, strong) => ['case', ['in', ['get', 'unit_id'], ['literal', strong]], `${name}-light`, name];

function strokes(colour, lines) {
  return (pen) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.4;
    for (const [x, y, a, b] of lines) { pen.beginPath(); pen.moveTo(x, y); pen.lineTo(a, b); pen.stroke(); }
  };
}

function diamond(fill, edge) {
  return (pen) => {
    pen.beginPath();
    pen.moveTo(15, 2); pen.lineTo(28, 15); pen.lineTo(15, 28); pen.lineTo(2, 15); pen.closePath();
    pen.fillStyle = fill; pen.fill();
    pen.lineWidth = 2; pen.strokeStyle = edge; pen.stroke();
  };
}

const middle = (ring) => ring.reduce((sum, point) => [sum[0] + point[0] / ring.length, sum[1] + point[1] / ring.length], [0, 0]);

// where the mark of an edit stands
export function markOf(geometry) {
  if (!geometry) return null;
  const { type, coordinates } = geometry;
  if (type === 'Point') return coordinates;
  if (type === 'LineString') {
    const half = Math.floor((coordinates.length - 1) / 2);
    return middle(coordinates.slice(half, half + 2));
  }
  return middle(type === 'Polygon' ? coordinates[0].slice(1) : coordinates.flat(type === 'MultiLineString' ? 1 : 2));
}

const marksOf = (rows) => rows.filter((row) => row.geometry).map((row) => ({
  type: 'Feature', properties: row.properties, geometry: { type: 'Point', coordinates: markOf(row.geometry) } }));

export class PlanMap {
  constructor(element, { units, level, actions, hash = true }) {
    this.desk = new DeskMap(element, { units, level, actions, hash });
    this.map = this.desk.map;
    this.level = level;
    this.touched = [];
    this.ready = this.desk.ready.then(() => this.#prepare());
  }

  #prepare() {
    const { map } = this;
    for (const [end, gain, loss] of [['', CHANGE[6], CHANGE[0]], ['-light', '#FFFFFF', '#FFFFFF']]) {
      picture(map, `pluses${end}`, 16, strokes(gain, [[8, 5, 8, 11], [5, 8, 11, 8]]));
      picture(map, `minuses${end}`, 16, strokes(loss, [[5, 8, 11, 8]]));
    }
    picture(map, 'edit-on', 30, diamond(EDIT, '#FFFFFF'));
    picture(map, 'edit-off', 30, diamond('#FFFFFF', EDIT));
    for (const name of ['edits', 'edit-marks', 'ghost', 'proposals']) map.addSource(name, { type: 'geojson', data: EMPTY });
    const classes = CHANGE.flatMap((colour, index) => [index - 3, colour]);
    const none = ['boolean', false];
    const hidden = { visibility: 'none' };
    map.addLayer({ id: 'change-fill', type: 'fill', source: 'units', filter: ['==', ['get', 'level'], this.level], layout: hidden, paint: {
      'fill-color': ['match', ['coalesce', ['feature-state', 'change'], 0], ...classes, CHANGE[3]], 'fill-opacity': PALER } }, ABOVE_UNITS);
    for (const [id, name] of [['change-gain', 'pluses'], ['change-loss', 'minuses']]) {
      map.addLayer({ id, type: 'fill', source: 'units', filter: none, layout: hidden, paint: { 'fill-pattern': signs(name, []), 'fill-opacity': PALER } }, ABOVE_UNITS);
    }
    const state = (values, other) => ['match', ['coalesce', ['feature-state', 'change'], 0], ...values, other];
    map.addLayer({ id: 'home-changes', type: 'circle', source: 'base', 'source-layer': 'demand', minzoom: 13, layout: hidden, paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 13, 2.5, 15, 5, 17, 8],
      'circle-color': state([1, '#0A5854', -1, '#FFFFFF', 2, '#9FD2CD'], '#FFFFFF'),
      'circle-stroke-color': state([1, '#FFFFFF', -1, '#7D3F0B', 2, '#7D3F0B'], '#FFFFFF'),
      'circle-stroke-width': state([1, 1, -1, 3, 2, 3], 0), 'circle-opacity': state([1, 1, -1, 1, 2, 1], 0), 'circle-stroke-opacity': state([1, 1, -1, 1, 2, 1], 0) } }, 'walls-casing');
    const round = { 'line-cap': 'round', 'line-join': 'round' };
    const opacity = ['case', ['get', 'is_on'], 1, 0.35];
    map.addLayer({ id: 'edit-area', type: 'fill', source: 'edits', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': EDIT, 'fill-opacity': 0.14 } });
    map.addLayer({ id: 'edit-casing', type: 'line', source: 'edits', layout: round, paint: { 'line-color': '#FFFFFF', 'line-width': 7, 'line-opacity': opacity } });
    for (const [id, test, dash] of [['edit-line', '==', null], ['edit-dash', '!=', [2, 1]]]) {
      map.addLayer({ id, type: 'line', source: 'edits', filter: [test, ['get', 'edit'], 'add_path'], layout: { 'line-join': 'round' },
        paint: { 'line-color': EDIT, 'line-width': 4, 'line-opacity': opacity, ...(dash ? { 'line-dasharray': dash } : {}) } });
    }
    map.addLayer({ id: 'edit-marks', type: 'symbol', source: 'edit-marks', layout: {
      'icon-image': ['case', ['get', 'is_on'], 'edit-on', 'edit-off'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'text-ignore-placement': true, 'text-field': ['to-string', ['get', 'number']],
      'text-size': 12, 'text-font': ['sans-serif'], 'text-allow-overlap': true }, paint: { 'text-color': ['case', ['get', 'is_on'], '#FFFFFF', EDIT] } });
    map.addLayer({ id: 'proposals', type: 'symbol', source: 'proposals', layout: {
      'icon-image': 'edit-off', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'text-ignore-placement': true, 'text-field': ['to-string', ['get', 'number']],
      'text-size': 12, 'text-font': ['sans-serif'], 'text-allow-overlap': true }, paint: { 'text-color': EDIT } });
    map.addLayer({ id: 'ghost-line', type: 'line', source: 'ghost', paint: { 'line-color': EDIT, 'line-width': 3, 'line-dasharray': [1, 1] } });
    map.addLayer({ id: 'ghost', type: 'circle', source: 'ghost', filter: ['==', ['geometry-type'], 'Point'], paint: {
      'circle-radius': 7, 'circle-color': '#FFFFFF', 'circle-stroke-color': EDIT, 'circle-stroke-width': 3 } });
    for (const id of ['walls', 'walls-casing']) map.setLayerZoomRange(id, 14, 24);
    map.setLayerZoomRange('gates', 15, 24);
  }

  setLevel(level) {
    this.level = level;
    this.desk.setLevel(level);
    this.map.setFilter('change-fill', ['==', ['get', 'level'], level]);
  }

  // changes: unit_id -> {gained, lost, share}; homes: [row, 1 gains, -1 loses, 2 both]
  setChange(changes, homes) {
    const [gains, losses, strong] = [[], [], []];
    for (const { properties } of this.desk.units.features) {
      const found = changes[properties.unit_id];
      const rank = found ? changeClass(found.share) : 0;
      this.map.setFeatureState({ source: 'units', id: properties.unit_id }, { change: rank });
      if (properties.level !== this.level || !rank) continue;
      (rank > 0 ? gains : losses).push(properties.unit_id);
      if (Math.abs(rank) === 3) strong.push(properties.unit_id);
    }
    for (const [id, name, those] of [['change-gain', 'pluses', gains], ['change-loss', 'minuses', losses]]) {
      this.map.setFilter(id, ['in', ['get', 'unit_id'], ['literal', those]]);
      this.map.setPaintProperty(id, 'fill-pattern', signs(name, strong));
    }
    for (const id of this.touched) this.map.setFeatureState({ source: 'base', sourceLayer: 'demand', id }, { change: 0 });
    for (const [id, change] of homes) this.map.setFeatureState({ source: 'base', sourceLayer: 'demand', id }, { change });
    this.touched = homes.map(([id]) => id);
  }

  showChange(isShown) {
    this.desk.setMode(isShown ? 'gaps' : 'coverage', false);
    this.desk.setGaps([]);
    for (const id of ['change-fill', 'change-gain', 'change-loss', 'home-changes']) this.map.setLayoutProperty(id, 'visibility', isShown ? 'visible' : 'none');
  }

  setProposals(rows) {
    this.map.getSource('proposals').setData({ type: 'FeatureCollection', features: marksOf(rows) });
  }

  setEdits(rows) {
    const placed = rows.filter((row) => row.geometry);
    this.map.getSource('edits').setData({ type: 'FeatureCollection', features: placed.filter((row) => row.geometry.type !== 'Point') });
    this.map.getSource('edit-marks').setData({ type: 'FeatureCollection', features: marksOf(rows) });
  }

  // the points of what is being drawn, or the one at the cursor
  setGhost(points, way) {
    const shape = points.length < 2 ? [] : [{ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: way === 'area' ? [...points, points[0]] : points } }];
    const dots = points.map((point) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: point } }));
    this.map.getSource('ghost').setData({ type: 'FeatureCollection', features: [...shape, ...dots] });
  }

  editAt(point) {
    const found = this.map.queryRenderedFeatures(point, { layers: ['edit-marks'] })[0];
    return found ? found.properties.number : null;
  }

  get metresPerPixel() {
    return (78271.484 * Math.cos((this.map.getCenter().lat * Math.PI) / 180)) / 2 ** this.map.getZoom();
  }
}
