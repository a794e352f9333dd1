// What the page asks the server of a scenario: what it changes, where its edits lie, the saved ones.

import { ask, send } from './api.js';
import { FORMAT, fileOf } from './plan_state.js';
import { faultsByEdit } from './plan_list.js';

const KEPT = 60;
const MOST_TOLD = 5;
const answers = new Map();
const JSON_BODY = { 'Content-Type': 'application/json' };
const path = (name) => `/scenarios/${encodeURIComponent(name)}`;

const post = (where, doc, query = {}) => send(where, { method: 'POST', body: fileOf(doc), headers: JSON_BODY, query });

// { told, places, faults, unread }: told is null where edits do not fit, and faults says why, by number; unread says why
// it is no scenario at all
export async function evaluate(doc) {
  const asked = JSON.stringify([doc.edits, doc.name]);
  if (!answers.has(asked)) {
    answers.set(asked, answered(doc));
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
    answers.get(asked).catch(() => answers.delete(asked));
  }
  return answers.get(asked);
}

async function answered(doc) {
  const edits = doc.edits.length ? placesOf(doc) : [];
  const compared = doc.edits.some((edit) => edit.is_on !== false) ? post('/compare', doc, { detail: 'map' }).then((one) => one.json()) : null;
  const [told, places] = await Promise.allSettled([compared, edits]);
  const rows = places.status === 'fulfilled' ? places.value : [];
  if (told.status === 'fulfilled') return { told: told.value, places: rows, faults: {} };
  if (told.reason.status !== 422 || !told.reason.problems.length) throw told.reason;
  const { code, problems } = told.reason;
  const unread = ['scenario_invalid', 'scenario_unreadable'].includes(code) ? problems.map((one) => `${one.source}: ${one.message}`).slice(0, MOST_TOLD).join(' ') : '';
  return { told: null, places: rows, faults: faultsByEdit(problems), unread };
}

// the edits of any scenario as places
export async function placesOf(doc) { return (await (await post('/edits.geojson', doc)).json()).features; }

// Makes the server ready while the planner still looks: its first comparison takes longest.
export const warm = () => post('/compare', { format: FORMAT, name: 'warm', edits: [] }).catch(() => null);

// people who would gain and lose, for the cursor; null where the edit does not fit
export async function preview(doc) {
  try {
    const told = await (await post('/compare', doc)).json();
    return { gained: told.people_gained, lost: told.people_lost };
  } catch { return null; }
}

export async function savedScenarios() { return (await ask('/scenarios')).scenarios; }

export async function openSaved(name) {
  const response = await send(path(name));
  const tag = response.headers.get('ETag');
  return { doc: { format: FORMAT, ...(await response.json()) }, tag };
}

// seen: the entity tag of what is replaced, null for a new name, undefined to replace whatever there is
export async function save(doc, seen) {
  const held = seen === undefined ? {} : seen === null ? { 'If-None-Match': '*' } : { 'If-Match': seen };
  const response = await send(path(doc.name), { method: 'PUT', body: fileOf(doc), headers: { ...JSON_BODY, ...held } });
  return { tag: response.headers.get('ETag'), ...(await response.json()) };
}

export const removeSaved = (name) => send(path(name), { method: 'DELETE' });

export async function download(doc, ending) {
  return (await post(`/changes.${ending}`, doc)).blob();
}

export function offer(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[/\\<>"|?*:]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
