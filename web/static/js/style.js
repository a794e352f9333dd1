// The base map and every colour of the desk: the same values as layers/style.py.

import { base } from './api.js';
import { boot } from './words.js';

export const BREAKS = [0.4, 0.6, 0.75, 0.9];
export const SERVED = ['#EAF4F5', '#A9D2D8', '#69ABB9', '#2F7A90', '#0E4558'];
export const BANDS = ['#14607A', '#5AA5B8', '#B4DAE0'];
export const GAP = '#B5480A';
// Line, back, picture and badge of a gap by its cause; patterns differ so that colour is not needed.
export const CAUSE_LOOKS = {
  'none in range': [GAP, '#FFF1DE', 'hatch-gap', 'badge'],
  severed: ['#7A3B1E', '#F3E3DA', 'bars-severed', 'badge-severed'],
  'over capacity': ['#8A5A00', '#FFF6E0', 'dots-capacity', 'badge-capacity'],
  unknown: ['#5E6973', '#F1F2F2', 'hatch-unknown', 'badge-unknown'],
};
export const GROUPS = { learning: '#12327A', health: '#C92A78', culture: '#2F9560', shops: '#7A4300', transit: '#5E6973' };
export const FONTS = ['Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'sans-serif'];
const LABEL_FONT = ['sans-serif'];

const byZoom = (...stops) => ['interpolate', ['exponential', 1.5], ['zoom'], ...stops];
const street = (kind) => ['==', ['get', 'class'], kind];
const WIDTHS = {
  path: byZoom(13, 0.4, 14, 0.6, 16, 1.5, 18, 3),
  local: byZoom(12, 0.5, 14, 1.4, 16, 4, 18, 10),
  secondary: byZoom(11, 0.7, 12, 1, 14, 2.6, 16, 6, 18, 13),
  main: byZoom(10, 0.8, 12, 1.6, 14, 4, 16, 8, 18, 16),
};
const CASINGS = { local: byZoom(12, 0.8, 14, 2.6, 16, 5.2, 18, 11.2), secondary: byZoom(11, 1, 12, 2, 14, 3.8, 16, 7.2, 18, 14.2),
  main: byZoom(10, 1.4, 12, 2.8, 14, 5.2, 16, 9.2, 18, 17.2) };

function area(id, layer, paint, more = {}) {
  return { id, type: 'fill', source: 'base', 'source-layer': layer, paint, ...more };
}

function streets() {
  const line = { type: 'line', source: 'base', 'source-layer': 'street', layout: { 'line-cap': 'round', 'line-join': 'round' } };
  const layers = [
    { id: 'street-path', ...line, filter: street('path'), minzoom: 14,
      layout: { 'line-cap': 'butt' }, paint: { 'line-color': '#B9BFC4', 'line-width': WIDTHS.path, 'line-dasharray': [3, 2] } },
  ];
  for (const kind of Object.keys(CASINGS)) {
    layers.push({ id: `casing-${kind}`, ...line, filter: street(kind), paint: { 'line-color': '#D3D5D2', 'line-width': CASINGS[kind] } });
  }
  for (const kind of Object.keys(CASINGS)) {
    layers.push({ id: `street-${kind}`, ...line, filter: street(kind), paint: { 'line-color': '#FFFFFF', 'line-width': WIDTHS[kind] } });
  }
  return layers;
}

export const ABOVE_UNITS = 'rail';

export function baseStyle() {
  const version = encodeURIComponent(boot.study.stamp);
  return {
    version: 8,
    sources: {
      base: { type: 'vector', tiles: [`${base}/tiles/{z}/{x}/{y}.mvt?v=${version}`], minzoom: 8, maxzoom: 17,
        attribution: boot.study.credits.join(' · ') },
    },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': '#F4F4F2' } },
      area('campus', 'campus', { 'fill-color': '#ECEBE6' }),
      area('green', 'green', { 'fill-color': '#DFE8DC' }),
      area('wood', 'wood', { 'fill-color': '#D5E0D2' }),
      { id: ABOVE_UNITS, type: 'line', source: 'base', 'source-layer': 'rail', paint: { 'line-color': '#C4C8CB', 'line-width': 1.2, 'line-dasharray': [6, 4] } },
      area('water', 'water', { 'fill-color': '#CBD9DF' }, { filter: ['==', ['geometry-type'], 'Polygon'] }),
      area('building', 'building', { 'fill-color': '#6B747C', 'fill-opacity': 0.16 }, { minzoom: 14 }),
      { id: 'green-edge', type: 'line', source: 'base', 'source-layer': 'green', minzoom: 14, paint: { 'line-color': '#4E7F4A', 'line-width': 1, 'line-opacity': 0.6 } },
      ...streets(),
      { id: 'street-name', type: 'symbol', source: 'base', 'source-layer': 'street', minzoom: 15,
        filter: ['has', 'name'],
        layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-size': 12, 'text-font': LABEL_FONT, 'symbol-spacing': 400 },
        paint: { 'text-color': '#5A646E', 'text-halo-color': '#FFFFFF', 'text-halo-width': 1.5 } },
      { id: 'water-name', type: 'symbol', source: 'base', 'source-layer': 'water', minzoom: 12, filter: ['has', 'name'],
        layout: { 'text-field': ['get', 'name'], 'text-size': 12, 'text-font': LABEL_FONT, 'symbol-spacing': 600 },
        paint: { 'text-color': '#3E6072', 'text-halo-color': '#FFFFFF', 'text-halo-width': 1.5 } },
    ],
  };
}

// The look of a gap by its cause: 0 line, 1 back, 2 pattern, 3 badge.
const byCause = (place) => ['match', ['get', 'cause'],
  ...Object.entries(CAUSE_LOOKS).flatMap(([cause, look]) => [cause, look[place]]), CAUSE_LOOKS['none in range'][place]];

const source = (id, type, name, rest) => ({ id, type, source: name, ...rest });
const isLevel = (level) => ['==', ['get', 'level'], level];

export function unitLayers(level) {
  const classes = SERVED.flatMap((colour, index) => [index, colour]);
  return [
    source('units-fill', 'fill', 'units', { filter: isLevel(level), paint: {
      'fill-color': ['match', ['coalesce', ['feature-state', 'class'], -1], ...classes, '#F1F2F2'],
      'fill-opacity': ['case', ['boolean', ['feature-state', 'isOff'], false], 0.12, 1] } }),
    source('units-unknown', 'fill', 'units', { filter: ['boolean', false], paint: { 'fill-pattern': 'hatch-unknown' } }),
    source('bands', 'fill', 'bands', { paint: { 'fill-color': ['get', 'colour'] } }),
  ];
}

export function topLayers(level) {
  const line = (colour, width) => ({ paint: { 'line-color': colour, 'line-width': width } });
  return [
    source('units-line', 'line', 'units', { filter: isLevel(level), ...line('#5A646E', 1.1) }),
    source('bands-edge', 'line', 'bands', { filter: ['==', ['get', 'rank'], 2], ...line('#14607A', 2) }),
    source('gaps-back', 'fill', 'gaps', { paint: { 'fill-color': byCause(1), 'fill-opacity': 0.55 } }),
    source('gaps-fill', 'fill', 'gaps', { paint: { 'fill-pattern': byCause(2) } }),
    source('gaps-casing', 'line', 'gaps', line('#FFFFFF', 5)),
    source('gaps-line', 'line', 'gaps', line(byCause(0), 2)),
    source('gap-chosen', 'line', 'gaps', { filter: ['boolean', false], ...line('#14191F', 3) }),
    { id: 'homes', type: 'circle', source: 'base', 'source-layer': 'demand', minzoom: 13, layout: { visibility: 'none' }, paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 13, 2, 15, 4, 17, 7],
      'circle-color': ['match', ['coalesce', ['feature-state', 'status'], 2], 1, '#2F7A90', 0, '#E8903F', '#F1F2F2'],
      'circle-stroke-color': ['match', ['coalesce', ['feature-state', 'status'], 2], 1, '#FFFFFF', 0, '#7D2E06', '#7C8791'],
      'circle-stroke-width': 1 } },
    { id: 'walls-casing', type: 'line', source: 'base', 'source-layer': 'wall', minzoom: 14.5, ...line('#FFFFFF', 4) },
    { id: 'walls', type: 'line', source: 'base', 'source-layer': 'wall', minzoom: 14.5, ...line('#7A3B1E', 2) },
    { id: 'gates', type: 'symbol', source: 'base', 'source-layer': 'gate', minzoom: 15.5, layout: {
      'icon-image': ['match', ['get', 'access'], 'public', 'gate-public', 'closed', 'gate-closed', 'residents', 'gate-residents', 'gate-unknown'],
      'icon-allow-overlap': true } },
    source('route-casing', 'line', 'route', { layout: { 'line-cap': 'round', 'line-join': 'round' }, ...line('#FFFFFF', 7) }),
    source('route', 'line', 'route', { layout: { 'line-cap': 'round', 'line-join': 'round' }, ...line('#14191F', 3.5) }),
    source('facility-dots', 'circle', 'facilities', { minzoom: 12.5, maxzoom: 15, paint: {
      'circle-radius': 4, 'circle-color': ['get', 'colour'], 'circle-stroke-color': '#FFFFFF', 'circle-stroke-width': 1.5 } }),
    source('facility-marks', 'symbol', 'facilities', { minzoom: 15, layout: { 'icon-image': ['get', 'mark'], 'icon-allow-overlap': true } }),
    source('planned-dots', 'circle', 'planned', { minzoom: 12.5, maxzoom: 15, paint: {
      'circle-radius': 4, 'circle-color': '#FFFFFF', 'circle-stroke-color': ['get', 'colour'], 'circle-stroke-width': 2 } }),
    source('planned-marks', 'symbol', 'planned', { minzoom: 15, layout: { 'icon-image': ['get', 'mark'], 'icon-allow-overlap': true } }),
    source('unit-chosen-back', 'line', 'units', { filter: ['boolean', false], ...line('#FFFFFF', 6) }),
    source('unit-chosen', 'line', 'units', { filter: ['boolean', false], ...line('#14191F', 3) }),
    source('here', 'circle', 'here', { paint: { 'circle-radius': 7, 'circle-color': '#1D5FA8', 'circle-stroke-color': '#FFFFFF', 'circle-stroke-width': 3 } }),
    source('unit-name', 'symbol', 'unit-points', { filter: isLevel(level), layout: {
      'text-field': ['get', 'text'], 'text-size': 13, 'text-font': LABEL_FONT, 'text-padding': 4, 'symbol-sort-key': ['-', 0, ['get', 'people']] },
    paint: { 'text-color': '#2A323A', 'text-halo-color': '#FFFFFF', 'text-halo-width': 1.8 } }),
    source('gap-badges', 'symbol', 'gap-points', { layout: {
      'icon-image': byCause(3), 'text-field': ['to-string', ['get', 'number']], 'text-size': 12, 'text-font': LABEL_FONT,
      'symbol-sort-key': ['get', 'number'], 'icon-allow-overlap': false, 'text-allow-overlap': false },
    paint: { 'text-color': '#FFFFFF' } }),
  ];
}
