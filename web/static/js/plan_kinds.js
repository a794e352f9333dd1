// The edits a planner makes, as data: which tool makes them, what they take hold of, what else they ask for.

import { boot, count, named, t } from './words.js';

// ways: how the place is given. pick: something there is (table, key); pick+at: a place on it; point, line, area: drawn.
const WALL = { of: 'walls', key: 'wall_id' };
const FACILITY = { of: 'facilities', key: 'facility_id' };
const GATE = { of: 'gates', key: 'gate_id' };
const HOME = { of: 'homes', key: 'demand_id' };
const NAME = { key: 'name', type: 'text' };

export const KINDS = {
  open_wall: { pick: WALL, ways: ['pick+at', 'pick'], fields: [{ key: 'width_m', type: 'number', value: 4, low: 0.5 }] },
  add_gate: { ways: ['point'], on: WALL, fields: [{ key: 'access', type: 'choice', choices: ['public', 'residents'], value: 'public' }, { key: 'hours', type: 'text' }, NAME] },
  close_gate: { pick: GATE, ways: ['pick'], fields: [] },
  add_path: { ways: ['line'], fields: [{ key: 'form', type: 'choice', choices: ['path', 'crossing', 'bridge'], value: 'path' }, NAME] },
  add_facility: { ways: ['point'], fields: [{ key: 'category', type: 'category' }, NAME, { key: 'capacity', type: 'number' }, { key: 'opening', type: 'text' }] },
  move_facility: { pick: FACILITY, ways: ['pick+point'], fields: [] },
  close_facility: { pick: FACILITY, ways: ['pick'], fields: [] },
  reopen_facility: { pick: { ...FACILITY, isClosed: true }, ways: ['pick'], fields: [] },
  close_street: { ways: ['point', 'line', 'area'], on: { of: 'streets' }, fields: [] },
  add_people: { ways: ['point'], fields: [{ key: 'people', type: 'number', isNeeded: true, value: 100 }, NAME] },
  change_people: { pick: HOME, ways: ['pick'], fields: [{ key: 'people', type: 'number', isNeeded: true }] },
  clear_people: { pick: HOME, ways: ['pick', 'area'], fields: [] },
};

export const TOOLS = {
  wall: ['open_wall'],
  gate: ['add_gate', 'close_gate'],
  path: ['add_path'],
  facility: ['add_facility', 'move_facility', 'close_facility', 'reopen_facility'],
  street: ['close_street'],
  people: ['add_people', 'change_people', 'clear_people'],
};

export const toolOf = (kind) => Object.keys(TOOLS).find((tool) => TOOLS[tool].includes(kind));

export function categoryName(id) {
  const known = boot.categories.find((one) => one.id === id);
  return known ? known[boot.lang] : id;
}

// What an edit is called in the list, on the map, in Undo. place: its row of edits.geojson, where known.
export function titleOf(edit, place) {
  const unit = place?.unit_name ? named({ name: place.unit_name, name_en: place.unit_name_en }) : '';
  const label = place?.label || edit.name || unit || edit.wall_id || edit.facility_id || edit.gate_id || edit.demand_id || '';
  const values = {
    what: edit.form ? t(`plan.form.${edit.form}`) : edit.category ? categoryName(edit.category) : '',
    label, n: edit.people === undefined ? '' : count(edit.people),
  };
  return t(`plan.title.${edit.edit}`, values).replace(/[\s:：]+$/, '');
}

const round = (value) => Math.round(value * 1e6) / 1e6;
export const lonLat = (point) => [round(point.lng), round(point.lat)];

export const pointText = (point) => (point ? `${point[0]}, ${point[1]}` : '');

// "104.5, 30.4; 104.6, 30.4" as places; null where it is not that.
export function readPoints(text) {
  const parts = text.split(/[;；\n]/).map((part) => part.trim()).filter(Boolean);
  const points = parts.map((part) => part.split(/[,，\s]+/).filter(Boolean).map(Number));
  const isFine = points.every((point) => point.length === 2 && point.every(Number.isFinite) && Math.abs(point[0]) <= 180 && Math.abs(point[1]) <= 90);
  return isFine ? points : null;
}

// The edit that a filled form says, or null while something is missing.
export function editOf(kind, { way, picked, points, fields }) {
  const { pick } = KINDS[kind];
  const edit = { edit: kind };
  if (way.startsWith('pick')) {
    if (!picked) return null;
    edit[pick.key] = picked.id;
    if (way === 'pick+at') edit.at = points[0] ?? picked.at;
    if (way === 'pick+point') edit.at = points[0];
    if (way !== 'pick' && !edit.at) return null;
  } else if (way === 'point') [edit.at] = points;
  else if (points.length >= (way === 'line' ? 2 : 3)) edit[way] = points;
  if (!way.startsWith('pick') && !edit.at && !edit.line && !edit.area) return null;
  for (const { key, type, isNeeded } of KINDS[kind].fields) {
    const value = fields[key] ?? '';
    if (value === '') { if (isNeeded || type === 'category') return null; continue; }
    if (key === 'width_m' && way === 'pick') continue;
    edit[key] = type === 'number' ? Number(value) : value;
  }
  return edit;
}
