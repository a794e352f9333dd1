// What-if: one scenario in hand, changed by tools, lists and keys; every change is compared with today at once.

import { fillLevels, fillRules } from './choices.js';
import { showTip } from './hover.js';
import { element } from './panels.js';
import { TOOLS, titleOf } from './plan_kinds.js';
import { PlanForm } from './plan_form.js';
import { headline, showFigures } from './plan_figures.js';
import { showEdits, showSaved } from './plan_list.js';
import { Proposals } from './plan_proposals.js';
import { evaluate, openSaved, offer, preview, removeSaved, save, savedScenarios, download, warm } from './plan_server.js';
import { blank, draft, fileOf, history, keepDraft } from './plan_state.js';
import { drawStill } from './plan_still.js';
import { Views } from './plan_views.js';
import { ask } from './api.js';
import { canDraw } from './still.js';
import { boot, named, people, t } from './words.js';

const $ = (id) => document.getElementById(id);
const HOVER_MS = 180;
const address = new URLSearchParams(location.search);
const rules = new Set(boot.headline.rules.map((rule) => rule.rule_id));
const state = {
  rule: rules.has(address.get('rule')) ? address.get('rule') : '',
  level: boot.study.levels.includes(address.get('level')) ? address.get('level') : boot.study.levels.at(-1),
  tool: null, mode: 'change', isBefore: false, open: null, isOld: false,
  result: { told: null, places: [], faults: {} },
  saved: { name: null, tag: null, text: '' },
};
let steps = history(blank());
let units = [];
let shapes = null;
let views = null;
let form = null;
let scenarios = [];
let asked = 0;
let hovered = 0;

const doc = () => steps.now;
const isDirty = () => fileOf(doc()) !== state.saved.text && (doc().edits.length > 0 || state.saved.name !== null);

function tell(text, isFault = false) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
  clearTimeout(tell.timer);
  if (text && !isFault) tell.timer = setTimeout(() => tell(''), 5000);
}

const guarded = (work) => async (...given) => {
  try { return await work(...given); } catch (fault) {
    return tell(t(fault instanceof TypeError && /fetch/i.test(fault.message) ? 'plan.offline' : 'fault', { what: fault.message }), true);
  }
};

function keepAddress() {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries({ rule: state.rule, level: state.level, sc: state.saved.name })) value ? query.set(name, value) : query.delete(name);
  window.history.replaceState(null, '', `?${query}${location.hash}`);
  query.set('lang', boot.lang === 'zh' ? 'en' : 'zh');
  $('switch-language').href = `?${query}${location.hash}`;
  $('exit').href = `${$('exit').pathname}${$('exit').search}${location.hash}`;
}

// --- drawing

function drawStrip() {
  const on = doc().edits.filter((edit) => edit.is_on !== false).length;
  if ($('name').value !== doc().name && document.activeElement !== $('name')) $('name').value = doc().name;
  $('count').textContent = t(on === 1 ? 'plan.count_one' : 'plan.count', { n: on });
  $('state').textContent = t(!doc().edits.length ? 'plan.state_empty' : isDirty() ? 'plan.state_draft' : 'plan.state_saved');
  for (const [id, action] of [['undo', steps.undoes], ['redo', steps.redoes]]) {
    $(id).disabled = !action;
    $(id).textContent = action ? t(`plan.${id}_what`, { what: action }) : t(`plan.${id}`);
    $(id).title = $(id).textContent;
  }
  document.title = `${t('plan.mark')} ${doc().name} · ${t('app.title')}`;
  for (const key of ['note', 'author', 'date', 'cost']) if (document.activeElement !== $(`plan-${key}`)) $(`plan-${key}`).value = doc()[key] ?? '';
}

function drawMap() {
  const { told, places } = state.result;
  const given = { told, places, rule: state.rule, isBefore: state.isBefore };
  const changes = views.draw(given);
  if (!views.main) drawStill($('map'), { units: shapes, level: state.level, changes: state.isBefore ? {} : changes, edits: state.isBefore ? [] : places, onPlace });
}

function draw() {
  keepAddress();
  drawStrip();
  drawMap();
  showEdits($('edits'), { edits: doc().edits, places: state.result.places, faults: state.result.faults, open: state.open, acts });
  showFigures($('unit-panel'), { told: state.result.told, before: views.before, rule: state.rule, level: state.level, isOld: state.isOld, doc: doc(),
    acts: { rule: chooseRule, unit: flyTo } });
  for (const id of ['get-geojson', 'get-csv', 'print']) $(id).disabled = !state.result.told;
  document.body.dataset.edits = doc().edits.length;
}

// what stands on the page is old until the answer comes
const refresh = guarded(async () => {
  const mine = asked += 1;
  keepDraft({ doc: doc(), saved: state.saved });
  drawStrip();
  const timer = setTimeout(() => { state.isOld = true; $('unit-panel').classList.add('old'); $('busy').hidden = false; }, 300);
  try {
    const found = await evaluate(doc());
    if (mine !== asked) return;
    state.isOld = !found.told && Object.keys(found.faults).length > 0;
    state.result = state.isOld ? { ...found, told: state.result.told } : found;
    draw();
    $('spoken').textContent = found.told ? headline(found.told) : '';
    document.body.dataset.asked = mine;
  } finally { clearTimeout(timer); if (mine === asked) $('busy').hidden = true; }
});

function put(next, action) {
  steps.put(next, action);
  return refresh();
}

// --- edits

// Return why the edit is refused, or nothing: then it is made.
async function addEdit(edit) {
  const next = { ...doc(), edits: [...doc().edits, edit] };
  let found;
  try { found = await evaluate(next); } catch (fault) { return fault.message; }
  const fault = found.faults[next.edits.length];
  if (fault) return fault;
  await put(next, titleOf(edit, found.places.at(-1)?.properties));
  tell(found.told ? headline(found.told) : '');
  return undefined;
}

const changed = (index, change) => ({ ...doc(), edits: doc().edits.map((edit, at) => (at === index ? change(edit) : edit)) });
const titled = (index) => titleOf(doc().edits[index], state.result.places[index]?.properties);

const acts = {
  toggle: (index) => {
    const isOn = doc().edits[index].is_on === false;
    return put(changed(index, ({ is_on: _, ...edit }) => (isOn ? edit : { ...edit, is_on: false })), t(isOn ? 'plan.act.on' : 'plan.act.off', { what: titled(index) }));
  },
  move: async (index, by) => {
    const edits = [...doc().edits];
    const [moved] = edits.splice(index, 1);
    edits.splice(index + by, 0, moved);
    await put({ ...doc(), edits }, t('plan.act.move', { what: titled(index) }));
    $('edits').children[index + by]?.querySelectorAll('.buttons button')[by < 0 ? 0 : 1].focus();
  },
  remove: async (index) => {
    state.open = null;
    await put({ ...doc(), edits: doc().edits.filter((_, at) => at !== index) }, t('plan.act.remove', { what: titled(index) }));
    ($('edits').children[Math.min(index, doc().edits.length - 1)]?.querySelector('button') ?? $('tool-wall')).focus();
  },
  open: (index) => { state.open = index; draw(); $('edits').querySelector('.details input, .details select')?.focus(); },
  change: (index, key, value) => put(changed(index, (edit) => {
    const { [key]: _, ...rest } = edit;
    return value === '' ? rest : { ...rest, [key]: value };
  }), t('plan.act.change', { what: titled(index) })),
  show: (index) => {
    const geometry = state.result.places[index]?.geometry;
    if (geometry && views.main) views.main.desk.fly(geometry, 16.5);
    state.open = index;
    draw();
  },
};

function stepBack(which) {
  const action = steps[which]();
  if (!action) return;
  state.open = null;
  tell(t(`plan.${which}_done`, { what: action }));
  refresh();
}

// --- tools

function arm(tool) {
  state.tool = tool;
  for (const name of Object.keys(TOOLS)) $(`tool-${name}`).setAttribute('aria-pressed', String(name === tool));
  if (tool) showTab('edits');
  $('map').classList.toggle('armed', Boolean(tool));
  form.arm(tool);
  views.main?.map.doubleClickZoom[tool ? 'disable' : 'enable']();
  showTip(null);
  tell('');
}

const onPlace = guarded(async (lngLat, metresPerPixel) => {
  if (!form.isArmed) return;
  showTip(null);
  await form.place(lngLat, metresPerPixel ?? views.main.metresPerPixel);
});

function onHover(found, point) {
  if (form?.isArmed) return;
  const unit = found?.properties.unit_id && units.find((one) => one.unit_id === found.properties.unit_id);
  const number = point && views.main.editAt(point);
  if (number) return showTip([titled(number - 1), doc().edits[number - 1].note ?? ''].filter(Boolean), point);
  if (!unit) return showTip(null);
  const change = views.changes(state.result.told, state.rule)[unit.unit_id];
  return showTip([named(unit), t('plan.tip', { gained: people(change?.gained ?? 0), lost: people(change?.lost ?? 0) })], point);
}

// At the cursor: where the edit would snap to, and who would gain by it there.
function follow(event) {
  if (!form.isArmed || form.isDrawing) return;
  const mine = hovered += 1;
  showTip([form.describe(null)], event.point);
  if (!form.seeks) return;
  setTimeout(guarded(async () => {
    if (mine !== hovered) return;
    const found = await form.nearest(event.lngLat, views.main.metresPerPixel);
    if (mine !== hovered || !form.isArmed) return;
    views.main.setGhost(found ? [found.at] : []);
    if (!found) return;
    showTip([form.describe(found), t('plan.working')], event.point);
    const edit = form.would(found);
    const seen = edit && await preview({ ...doc(), edits: [...doc().edits, edit] });
    if (mine !== hovered || !form.isArmed) return;
    const told = state.result.told;
    const line = seen ? t('plan.tip', { gained: people(Math.max(seen.gained - (told?.people_gained ?? 0), 0)), lost: people(Math.max(seen.lost - (told?.people_lost ?? 0), 0)) }) : t('plan.tip_refused');
    showTip([form.describe(found), edit ? line : ''].filter(Boolean), event.point);
  }), HOVER_MS);
}

// The mark of an edit is dragged to another place: along its wall, or onto the nearest street where it closes one.
function drag(event) {
  const number = form.isArmed ? null : views.main.editAt(event.point);
  const edit = doc().edits[number - 1];
  if (!edit?.at) return;
  event.preventDefault();
  const { map } = views.main;
  const show = (move) => views.main.setGhost([[move.lngLat.lng, move.lngLat.lat]]);
  map.on('mousemove', show);
  map.once('mouseup', guarded(async (end) => {
    map.off('mousemove', show);
    views.main.setGhost([]);
    if (Math.hypot(end.point.x - event.point.x, end.point.y - event.point.y) < 4) return acts.show(number - 1);
    return acts.change(number - 1, 'at', await form.snapped(edit, end.lngLat));
  }));
}

// --- saving

const saveNow = guarded(async () => {
  const mine = doc().name === state.saved.name;
  const dated = doc().date ? doc() : { ...doc(), date: new Date().toLocaleDateString('sv') };
  let made;
  try { made = await save(dated, mine ? state.saved.tag : null); } catch (fault) {
    if (!['name_taken', 'changed_since'].includes(fault.code)) throw fault;
    if (!confirm(t(`plan.${fault.code}`, { name: doc().name }))) return;
    made = await save(dated);
  }
  steps.amend(dated);
  state.saved = { name: made.name, tag: made.tag, text: fileOf({ ...dated, name: made.name }) };
  tell(t('plan.saved', { name: made.name }));
  keepDraft({ doc: doc(), saved: state.saved });
  await listSaved();
  draw();
});

const listSaved = async () => {
  scenarios = await savedScenarios();
  $('tab-saved').textContent = t('plan.tab_saved', { n: scenarios.length });
  showSaved($('saved'), scenarios, { chosen: state.saved.name, acts: {
    open: guarded(async (name) => {
      const found = await openSaved(name);
      state.saved = { name, tag: found.tag, text: fileOf(found.doc) };
      await put(found.doc, t('plan.act.open', { name }));
      showTab('edits');
    }),
    remove: guarded(async (name) => {
      if (!confirm(t('plan.delete_sure', { name }))) return;
      await removeSaved(name);
      if (state.saved.name === name) state.saved = { name: null, tag: null, text: '' };
      await listSaved();
      draw();
    }) } });
};

const openFile = guarded(async (file) => {
  const text = await file.text();
  let found;
  try { found = JSON.parse(text); } catch { throw new Error(t('plan.no_json')); }
  if (!Array.isArray(found?.edits)) throw new Error(t('plan.no_json'));
  if (found.format === undefined) found.format = blank().format;
  await evaluate({ name: file.name, ...found });
  state.saved = { name: null, tag: null, text: '' };
  await put(found, t('plan.act.open', { name: found.name }));
  showTab('edits');
});

const fileName = (what) => `${t('plan.mark_file')}-${boot.study.name}-${doc().name}${what}`;

// --- choosing

// Today and afterwards are compared by one service: where none is chosen, by the one that changes most.
async function setMode(mode) {
  state.mode = mode;
  if (mode !== 'change' && !state.rule) state.rule = $('rule').value = views.most(state.result.told);
  await views.setMode(mode);
  draw();
}

function chooseRule(id) {
  state.rule = id;
  $('rule').value = id;
  draw();
}

function flyTo(id) {
  const shape = shapes.features.find((one) => one.properties.unit_id === id);
  if (shape && views.main) { views.main.desk.fly(shape.geometry); views.main.desk.select(id, null); }
}

const TABS = ['edits', 'proposals', 'saved', 'unit'].filter((name) => $(`tab-${name}`));

function showTab(name) {
  $('main').classList.toggle('shows-unit', name === 'unit');
  const listed = name === 'unit' ? null : name;
  for (const each of TABS) $(`tab-${each}`).setAttribute('aria-selected', String(each === name));
  if (listed) for (const each of TABS.filter((one) => one !== 'unit')) $(`${each}-panel`).hidden = each !== listed;
}

function before(isBefore) {
  if (state.isBefore === isBefore) return;
  state.isBefore = isBefore;
  $('before').setAttribute('aria-pressed', String(isBefore));
  document.body.classList.toggle('is-before', isBefore);
  drawMap();
}

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
  if (event.key === 'Enter' && event.target.closest('#map') && state.tool && views.main) { onPlace(views.main.desk.centre); return; }
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
    drawStill($('paper'), { units: shapes, level: state.level, changes: views.changes(state.result.told, state.rule), edits: state.result.places });
    views.legend($('paper').appendChild(element('div', { class: 'legend' })), state.rule);
  });
  for (const name of Object.keys(TOOLS)) $(`tool-${name}`).addEventListener('click', () => arm(state.tool === name ? null : name));
  for (const which of ['undo', 'redo']) $(which).addEventListener('click', () => stepBack(which));
  for (const name of TABS) $(`tab-${name}`).addEventListener('click', () => showTab(name));
  for (const input of document.querySelectorAll('[name=mode]')) input.addEventListener('change', guarded(() => setMode(input.value)));
  for (const [event, isBefore] of [['pointerdown', true], ['pointerup', false], ['pointerleave', false], ['pointercancel', false]]) $('before').addEventListener(event, () => before(isBefore));
  $('before').addEventListener('keydown', (event) => { if ([' ', 'Enter'].includes(event.key)) { event.preventDefault(); before(true); } });
  $('before').addEventListener('keyup', () => before(false));
  $('rule').addEventListener('change', () => chooseRule($('rule').value));
  $('level').addEventListener('change', () => { state.level = $('level').value; views.setLevel(state.level); draw(); });
  $('name').addEventListener('change', () => { const name = $('name').value.trim(); if (name && name !== doc().name) put({ ...doc(), name }, t('plan.act.rename')); else $('name').value = doc().name; });
  for (const key of ['note', 'author', 'date', 'cost']) {
    $(`plan-${key}`).addEventListener('change', ({ target }) => put({ ...doc(), [key]: key === 'cost' && target.value ? Number(target.value) : target.value }, t('plan.act.head')));
  }
  $('save').addEventListener('click', saveNow);
  $('new').addEventListener('click', () => { state.saved = { name: null, tag: null, text: '' }; put(blank(), t('plan.act.new')); showTab('edits'); });
  $('open-file').addEventListener('change', async ({ target }) => { if (target.files[0]) await openFile(target.files[0]); target.value = ''; });
  $('get-json').addEventListener('click', () => offer(new Blob([JSON.stringify(JSON.parse(fileOf(doc())), null, 1)], { type: 'application/json' }), fileName('.json')));
  for (const ending of ['geojson', 'csv']) $(`get-${ending}`).addEventListener('click', guarded(async () => offer(await download(doc(), ending), fileName(`-changes.${ending}`))));
  $('tool-form').addEventListener('submit', (event) => { event.preventDefault(); form.finish(); });
}

// --- beginning

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
  await views.open($('map-main'));
  const { map } = views.main;
  map.on('mousemove', follow);
  map.on('mouseout', () => { hovered += 1; views.main.setGhost([]); showTip(null); });
  map.on('mousedown', drag);
  map.on('dblclick', (event) => { if (form.isDrawing) { event.preventDefault(); form.points.pop(); form.finish(); } });
}

const start = guarded(async () => {
  fillRules($('rule'), state.rule, t('plan.any_rule'));
  fillLevels(state.level);
  const [figures, outlines] = await Promise.all([ask('/units'), ask('/units.geojson')]);
  units = figures.units;
  shapes = outlines;
  const actions = { isWalking: () => Boolean(form?.isArmed), onPlace: (lngLat) => onPlace(lngLat), onGap: () => {}, onHover,
    onUnit: (id) => { views.main.desk.select(id, null); } };
  views = new Views({ units, shapes, level: state.level, actions });
  form = new PlanForm($('tool-form'), { onAdd: addEdit, onTell: (text) => tell(text, Boolean(text)),
    onDraw: (points, way) => views.main?.setGhost(points, way),
    centre: () => { const at = views.main?.desk.centre; return at ? `${at.lng.toFixed(6)},${at.lat.toFixed(6)}` : boot.study.bbox.slice(0, 2).map((low, axis) => (low + boot.study.bbox[axis + 2]) / 2).join(','); },
    units: () => shapes.features.map((one) => one.properties).filter((one) => one.level === boot.study.levels.at(-1)),
    closed: () => doc().edits.filter((edit) => edit.edit === 'close_facility').map((edit) => ({ id: edit.facility_id, name: state.result.places.find((row) => row.properties.edit === 'close_facility' && doc().edits[row.properties.number - 1] === edit)?.properties.label ?? edit.facility_id })) });
  form.onLeave = () => { const tool = state.tool; arm(null); $(`tool-${tool}`)?.focus(); };
  warm();
  await openMap();
  if ($('proposals-panel')) {
    new Proposals($('proposals-panel'), { show: (rows) => views.main?.setProposals(rows),
      take: (edits) => { if (edits.length > 1) showTab('edits'); return put({ ...doc(), edits: [...doc().edits, ...edits] }, t('plan.act.take', { n: edits.length })); } });
  }
  const first = await firstDoc();
  steps = history(first.doc);
  state.saved = first.saved ?? state.saved;
  listen();
  await listSaved();
  await refresh();
  draw();
  document.body.dataset.state = 'ready';
});

start();
