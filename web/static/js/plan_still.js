// The change as a drawing: for browsers without WebGL, and for paper. Signs tell what colours tell.

import { CHANGE, EDIT, changeClass, markOf } from './plan_map.js';
import { signed } from './plan_figures.js';
import { boot, named } from './words.js';

const SPACE = 'http://www.w3.org/2000/svg';
const WIDTH = 1000;
const MARGIN = 20;

function svg(tag, attributes = {}, text = '') {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

function pattern(id, colour, path) {
  const made = svg('pattern', { id, width: 14, height: 14, patternUnits: 'userSpaceOnUse' });
  made.append(svg('path', { d: path, stroke: colour, 'stroke-width': 1.3 }));
  return made;
}

// onPlace({lng, lat}, metresPerPixel) is told of clicks
export function drawStill(box, { units, level, changes, edits, onPlace }) {
  const [west, south, east, north] = boot.study.bbox;
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDTH - 2 * MARGIN) / ((east - west) * squeeze);
  const height = Math.round((north - south) * scale + 2 * MARGIN);
  const xy = ([lon, lat]) => [MARGIN + (lon - west) * squeeze * scale, MARGIN + (north - lat) * scale];
  const line = (ring) => `M${ring.map((point) => xy(point).map((value) => value.toFixed(1)).join(' ')).join('L')}`;
  const rings = (geometry) => (geometry.type === 'Polygon' ? geometry.coordinates : geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === 'MultiPolygon' ? 1 : 0));
  const root = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', class: 'still' });
  const kept = svg('defs');
  for (const [end, gain, loss] of [['', CHANGE[6], CHANGE[0]], ['-light', '#FFFFFF', '#FFFFFF']]) kept.append(pattern(`still-gain${end}`, gain, 'M7 4V10M4 7H10'), pattern(`still-loss${end}`, loss, 'M4 7H10'));
  root.append(kept);
  const labels = [];
  for (const { geometry, properties } of units.features.filter((one) => one.properties.level === level)) {
    const found = changes[properties.unit_id];
    const rank = found ? changeClass(found.share) : 0;
    const d = rings(geometry).map(line).join('');
    root.append(svg('path', { d, fill: CHANGE[rank + 3], stroke: '#5A646E', 'stroke-width': 1.2 }));
    if (rank) root.append(svg('path', { d, fill: `url(#still-${rank > 0 ? 'gain' : 'loss'}${Math.abs(rank) === 3 ? '-light' : ''})` }));
    const [x, y] = xy(properties.at);
    const text = found ? [found.gained >= 0.5 ? signed(found.gained, '+') : '', found.lost >= 0.5 ? signed(found.lost, '−') : ''].filter(Boolean).join(' ') : '';
    const ink = Math.abs(rank) > 1 ? '#FFFFFF' : '#14191F';
    for (const [n, words] of [named(properties), text].entries()) {
      if (words) labels.push(svg('text', { x, y: y + 18 * n, 'text-anchor': 'middle', 'font-size': 14, 'font-weight': n ? 600 : 400, fill: ink, stroke: ink === '#14191F' ? '#FFFFFF' : '#14191F', 'stroke-width': 2.5, 'paint-order': 'stroke' }, words));
    }
  }
  root.append(...labels);
  for (const { geometry, properties } of edits.filter((one) => one.geometry)) {
    if (geometry.type !== 'Point') root.append(svg('path', { d: rings(geometry).map(line).join(''), fill: 'none', stroke: EDIT, 'stroke-width': 4, opacity: properties.is_on ? 1 : 0.4 }));
    const [x, y] = xy(markOf(geometry));
    root.append(svg('path', { d: `M${x} ${y - 14}l14 14l-14 14l-14 -14z`, fill: properties.is_on ? EDIT : '#FFFFFF', stroke: properties.is_on ? '#FFFFFF' : EDIT, 'stroke-width': 2 }),
      svg('text', { x, y: y + 5, 'text-anchor': 'middle', 'font-size': 13, 'font-weight': 600, fill: properties.is_on ? '#FFFFFF' : EDIT }, String(properties.number)));
  }
  if (onPlace) {
    root.addEventListener('click', (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(root.getScreenCTM().inverse());
      const metres = 111320 / scale / root.getScreenCTM().a;
      onPlace({ lng: west + (at.x - MARGIN) / (squeeze * scale), lat: north - (at.y - MARGIN) / scale }, metres);
    });
  }
  box.replaceChildren(root);
}
