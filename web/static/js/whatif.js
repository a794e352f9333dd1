// What-if: one scenario in hand, changed by tools, lists and keys; every change is compared with today at once.

import { ask } from './api.js';
import { fillLevels, fillRules } from './choices.js';
import { element } from './panels.js';
import { addEdit, arm, drag, follow, leave, onHover, onPlace } from './plan_cursor.js';
import { TABS, before, chooseRule, draw, keepAddress, put, refresh, setMode, showTab, stepBack } from './plan_draw.js';
import { PlanForm } from './plan_form.js';
import { TOOLS } from './plan_kinds.js';
import { $, address, doc, guarded, page, state, tell } from './plan_page.js';
import { Proposals } from './plan_proposals.js';
import { listSaved, openFile, saveChanges, saveFile, saveNow, startNew } from './plan_saving.js';
import { openSaved, warm } from './plan_server.js';
import { blank, draft, fileOf, history } from './plan_state.js';
import { drawStill } from './plan_still.js';
import { Views } from './plan_views.js';
import { canDraw } from './still.js';
import { boot, t } from './words.js';

function pressed(event) {
  const isField = event.target.matches('input:not([type=radio]):not([type=checkbox]),textarea,select');
  const withControl = event.ctrlKey || event.metaKey;
  if (event.key === 'Escape') { if (state.tool) { arm(null); $('map').querySelector('canvas')?.focus(); } return; }
  if (withControl && event.key.toLowerCase() === 's') { event.preventDefault(); saveNow(); return; }
  if (isField || event.altKey) return;
  if (withControl) {
    const which = { z: event.shiftKey ? 'redo' : 'undo', y: 'redo' }[event.key.toLowerCase()];
    if (which) { event.preventDefault(); stepBack(which); }
    return;
  }
  if (event.key === 'Enter' && event.target.closest('#map') && state.tool && page.views.main) { onPlace(page.views.main.desk.centre); return; }
  if (event.key.toLowerCase() === 'b') { before(true); return; }
  if (event.key.toLowerCase() === 'e') { location.assign($('exit').href); return; }
  const tool = Object.keys(TOOLS)[Number(event.key) - 1];
  if (tool) { event.preventDefault(); arm(tool); $('tool-form').querySelector('input,select')?.focus(); }
}

function listen() {
  addEventListener('keydown', pressed);
  addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'b') before(false); });
  addEventListener('blur', () => before(false));
  addEventListener('hashchange', keepAddress);
  addEventListener('beforeprint', () => {
    drawStill($('paper'), { units: page.shapes, level: state.level, changes: page.views.changes(state.result.told, state.rule), edits: state.result.places });
    page.views.legend($('paper').appendChild(element('div', { class: 'legend' })), state.rule);
  });
  for (const name of Object.keys(TOOLS)) $(`tool-${name}`).addEventListener('click', () => arm(state.tool === name ? null : name));
  for (const which of ['undo', 'redo']) $(which).addEventListener('click', () => stepBack(which));
  for (const name of TABS) $(`tab-${name}`).addEventListener('click', () => showTab(name));
  for (const input of document.querySelectorAll('[name=mode]')) input.addEventListener('change', guarded(() => setMode(input.value)));
  for (const [event, isBefore] of [['pointerdown', true], ['pointerup', false], ['pointerleave', false], ['pointercancel', false]]) $('before').addEventListener(event, () => before(isBefore));
  $('before').addEventListener('keydown', (event) => { if ([' ', 'Enter'].includes(event.key)) { event.preventDefault(); before(true); } });
  $('before').addEventListener('keyup', () => before(false));
  $('rule').addEventListener('change', () => chooseRule($('rule').value));
  $('level').addEventListener('change', () => { state.level = $('level').value; page.views.setLevel(state.level); draw(); });
  $('name').addEventListener('change', () => { const name = $('name').value.trim(); if (name && name !== doc().name) put({ ...doc(), name }, t('plan.act.rename')); else $('name').value = doc().name; });
  for (const key of ['note', 'author', 'date', 'cost']) {
    $(`plan-${key}`).addEventListener('change', ({ target }) => put({ ...doc(), [key]: key === 'cost' && target.value ? Number(target.value) : target.value }, t('plan.act.head')));
  }
  $('save').addEventListener('click', saveNow);
  $('new').addEventListener('click', startNew);
  $('open-file').addEventListener('change', async ({ target }) => { if (target.files[0]) await openFile(target.files[0]); target.value = ''; });
  $('get-json').addEventListener('click', saveFile);
  for (const ending of ['geojson', 'csv']) $(`get-${ending}`).addEventListener('click', () => saveChanges(ending));
  $('tool-form').addEventListener('submit', (event) => { event.preventDefault(); page.form.finish(); });
}

async function firstDoc() {
  const kept = draft();
  const asked = address.get('sc');
  if (kept && (!asked || kept.saved?.name === asked)) return kept;
  if (!asked) return { doc: blank(), saved: state.saved };
  try {
    const found = await openSaved(asked);
    return { doc: found.doc, saved: { name: asked, tag: found.tag, text: fileOf(found.doc) } };
  } catch (fault) {
    if (fault.status !== 404) throw fault;
    tell(t('plan.gone'), true);
    return { doc: blank(), saved: state.saved };
  }
}

async function openMap() {
  if (!canDraw()) {
    tell(t('plan.still'), true);
    $('modes').hidden = true;
    return;
  }
  $('map').replaceChildren(...['map-before', 'map-main'].map((id) => element('div', { id, hidden: id === 'map-before' })), ...$('map').children);
  await page.views.open($('map-main'));
  const { map } = page.views.main;
  map.on('mousemove', follow);
  map.on('mouseout', leave);
  map.on('mousedown', drag);
  map.on('dblclick', (event) => { if (page.form.isDrawing) { event.preventDefault(); page.form.points.pop(); page.form.finish(); } });
}

const start = guarded(async () => {
  fillRules($('rule'), state.rule, t('plan.any_rule'));
  fillLevels(state.level);
  const [figures, outlines] = await Promise.all([ask('/units'), ask('/units.geojson')]);
  page.units = figures.units;
  page.shapes = outlines;
  const actions = { isWalking: () => Boolean(page.form?.isArmed), onPlace: (lngLat) => onPlace(lngLat), onGap: () => {}, onHover,
    onUnit: (id) => { page.views.main.desk.select(id, null); } };
  page.views = new Views({ units: page.units, shapes: page.shapes, level: state.level, actions });
  page.form = new PlanForm($('tool-form'), { onAdd: addEdit, onTell: (text) => tell(text, Boolean(text)),
    onDraw: (points, way) => page.views.main?.setGhost(points, way),
    centre: () => { const at = page.views.main?.desk.centre; return at ? `${at.lng.toFixed(6)},${at.lat.toFixed(6)}` : boot.study.bbox.slice(0, 2).map((low, axis) => (low + boot.study.bbox[axis + 2]) / 2).join(','); },
    units: () => page.shapes.features.map((one) => one.properties).filter((one) => one.level === boot.study.levels.at(-1)),
    closed: () => doc().edits.filter((edit) => edit.edit === 'close_facility').map((edit) => ({ id: edit.facility_id, name: state.result.places.find((row) => row.properties.edit === 'close_facility' && doc().edits[row.properties.number - 1] === edit)?.properties.label ?? edit.facility_id })) });
  page.form.onLeave = () => { const tool = state.tool; arm(null); $(`tool-${tool}`)?.focus(); };
  page.onPlace = onPlace;
  warm();
  await openMap();
  if ($('proposals-panel')) {
    new Proposals($('proposals-panel'), { show: (rows) => page.views.main?.setProposals(rows),
      take: (edits) => { if (edits.length > 1) showTab('edits'); return put({ ...doc(), edits: [...doc().edits, ...edits] }, t('plan.act.take', { n: edits.length })); } });
  }
  const first = await firstDoc();
  page.steps = history(first.doc);
  state.saved = first.saved ?? state.saved;
  listen();
  await listSaved();
  await refresh();
  draw();
  document.body.dataset.state = 'ready';
});

start();
