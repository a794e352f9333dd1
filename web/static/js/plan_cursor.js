// Tools and the pointer: arming, placing, following the cursor with who would gain there, dragging what is placed.

import { showTip } from './hover.js';
import { headline } from './plan_figures.js';
import { TOOLS, titleOf } from './plan_kinds.js';
import { evaluate, preview } from './plan_server.js';
import { acts, put, showTab, titled } from './plan_draw.js';
import { $, doc, guarded, page, state, tell } from './plan_page.js';
import { named, people, t } from './words.js';

const HOVER_MS = 180;
let hovered = 0;

// Return why the edit is refused, or nothing: then it is made.
export async function addEdit(edit) {
  const next = { ...doc(), edits: [...doc().edits, edit] };
  let found;
  try { found = await evaluate(next); } catch (fault) { return fault.message; }
  const fault = found.faults[next.edits.length];
  if (fault) return fault;
  await put(next, titleOf(edit, found.places.at(-1)?.properties));
  tell(found.told ? headline(found.told) : '');
  return undefined;
}

export function arm(tool) {
  state.tool = tool;
  for (const name of Object.keys(TOOLS)) $(`tool-${name}`).setAttribute('aria-pressed', String(name === tool));
  if (tool) showTab('edits');
  $('map').classList.toggle('armed', Boolean(tool));
  page.form.arm(tool);
  page.views.main?.map.doubleClickZoom[tool ? 'disable' : 'enable']();
  showTip(null);
  tell('');
}

export const onPlace = guarded(async (lngLat, metresPerPixel) => {
  if (!page.form.isArmed) return;
  showTip(null);
  await page.form.place(lngLat, metresPerPixel ?? page.views.main.metresPerPixel);
});

export function onHover(found, point) {
  if (page.form?.isArmed) return;
  const unit = found?.properties.unit_id && page.units.find((one) => one.unit_id === found.properties.unit_id);
  const number = point && page.views.main.editAt(point);
  if (number) return showTip([titled(number - 1), doc().edits[number - 1].note ?? ''].filter(Boolean), point);
  if (!unit) return showTip(null);
  const change = page.views.changes(state.result.told, state.rule)[unit.unit_id];
  return showTip([named(unit), t('plan.tip', { gained: people(change?.gained ?? 0), lost: people(change?.lost ?? 0) })], point);
}

// At the cursor: where the edit would snap to, and who would gain by it there.
export function follow(event) {
  if (!page.form.isArmed || page.form.isDrawing) return;
  const mine = hovered += 1;
  showTip([page.form.describe(null)], event.point);
  if (!page.form.seeks) return;
  setTimeout(guarded(async () => {
    if (mine !== hovered) return;
    const found = await page.form.nearest(event.lngLat, page.views.main.metresPerPixel);
    if (mine !== hovered || !page.form.isArmed) return;
    page.views.main.setGhost(found ? [found.at] : []);
    if (!found) return;
    showTip([page.form.describe(found), t('plan.working')], event.point);
    const edit = page.form.would(found);
    const seen = edit && await preview({ ...doc(), edits: [...doc().edits, edit] });
    if (mine !== hovered || !page.form.isArmed) return;
    const told = state.result.told;
    const line = seen ? t('plan.tip', { gained: people(Math.max(seen.gained - (told?.people_gained ?? 0), 0)), lost: people(Math.max(seen.lost - (told?.people_lost ?? 0), 0)) }) : t('plan.tip_refused');
    showTip([page.form.describe(found), edit ? line : ''].filter(Boolean), event.point);
  }), HOVER_MS);
}

// The mark of an edit is dragged to another place: along its wall, or onto the nearest street where it closes one.
export function drag(event) {
  const number = page.form.isArmed ? null : page.views.main.editAt(event.point);
  const edit = doc().edits[number - 1];
  if (!edit?.at) return;
  event.preventDefault();
  const { map } = page.views.main;
  const show = (move) => page.views.main.setGhost([[move.lngLat.lng, move.lngLat.lat]]);
  map.on('mousemove', show);
  map.once('mouseup', guarded(async (end) => {
    map.off('mousemove', show);
    page.views.main.setGhost([]);
    if (Math.hypot(end.point.x - event.point.x, end.point.y - event.point.y) < 4) return acts.show(number - 1);
    return acts.change(number - 1, 'at', await page.form.snapped(edit, end.lngLat));
  }));
}

export function leave() {
  hovered += 1;
  page.views.main.setGhost([]);
  showTip(null);
}
