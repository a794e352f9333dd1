// Drawing the what-if page, and every step of the scenario: what stands on the page is old until the answer comes.

import { drawStill } from './plan_still.js';
import { keepDraft } from './plan_state.js';
import { headline, showFigures } from './plan_figures.js';
import { showEdits } from './plan_list.js';
import { titleOf } from './plan_kinds.js';
import { evaluate } from './plan_server.js';
import { $, doc, guarded, isDirty, page, state, tell } from './plan_page.js';
import { boot, t } from './words.js';

let asked = 0;

export function keepAddress() {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries({ rule: state.rule, level: state.level, sc: state.saved.name })) value ? query.set(name, value) : query.delete(name);
  window.history.replaceState(null, '', `?${query}${location.hash}`);
  query.set('lang', boot.lang === 'zh' ? 'en' : 'zh');
  $('switch-language').href = `?${query}${location.hash}`;
  $('exit').href = `${$('exit').pathname}${$('exit').search}${location.hash}`;
}

function drawStrip() {
  const on = doc().edits.filter((edit) => edit.is_on !== false).length;
  if ($('name').value !== doc().name && document.activeElement !== $('name')) $('name').value = doc().name;
  $('count').textContent = t(on === 1 ? 'plan.count_one' : 'plan.count', { n: on });
  $('state').textContent = t(!doc().edits.length ? 'plan.state_empty' : isDirty() ? 'plan.state_draft' : 'plan.state_saved');
  for (const [id, action] of [['undo', page.steps.undoes], ['redo', page.steps.redoes]]) {
    $(id).disabled = !action;
    $(id).textContent = action ? t(`plan.${id}_what`, { what: action }) : t(`plan.${id}`);
    $(id).title = $(id).textContent;
  }
  document.title = `${t('plan.mark')} ${doc().name} · ${t('app.title')}`;
  for (const key of ['note', 'author', 'date', 'cost']) if (document.activeElement !== $(`plan-${key}`)) $(`plan-${key}`).value = doc()[key] ?? '';
}

export function drawMap() {
  const { told, places } = state.result;
  const given = { told, places, rule: state.rule, isBefore: state.isBefore };
  const changes = page.views.draw(given);
  if (!page.views.main) drawStill($('map'), { units: page.shapes, level: state.level, changes: state.isBefore ? {} : changes, edits: state.isBefore ? [] : places, onPlace: page.onPlace });
}

export function draw() {
  keepAddress();
  drawStrip();
  drawMap();
  showEdits($('edits'), { edits: doc().edits, places: state.result.places, faults: state.result.faults, open: state.open, acts });
  showFigures($('unit-panel'), { told: state.result.told, before: page.views.before, rule: state.rule, level: state.level, isOld: state.isOld, doc: doc(),
    acts: { rule: chooseRule, unit: flyTo } });
  for (const id of ['get-geojson', 'get-csv', 'print']) $(id).disabled = !state.result.told;
  document.body.dataset.edits = doc().edits.length;
}

// what stands on the page is old until the answer comes
export const refresh = guarded(async () => {
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

export function put(next, action) {
  page.steps.put(next, action);
  return refresh();
}

const changed = (index, change) => ({ ...doc(), edits: doc().edits.map((edit, at) => (at === index ? change(edit) : edit)) });
export const titled = (index) => titleOf(doc().edits[index], state.result.places[index]?.properties);

export const acts = {
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
    if (geometry && page.views.main) page.views.main.desk.fly(geometry, 16.5);
    state.open = index;
    draw();
  },
};

export function stepBack(which) {
  const action = page.steps[which]();
  if (!action) return;
  state.open = null;
  tell(t(`plan.${which}_done`, { what: action }));
  refresh();
}

// Today and afterwards are compared by one service: where none is chosen, by the one that changes most.
export async function setMode(mode) {
  state.mode = mode;
  if (mode !== 'change' && !state.rule) state.rule = $('rule').value = page.views.most(state.result.told);
  await page.views.setMode(mode);
  draw();
}

export function chooseRule(id) {
  state.rule = id;
  $('rule').value = id;
  draw();
}

export function flyTo(id) {
  const shape = page.shapes.features.find((one) => one.properties.unit_id === id);
  if (shape && page.views.main) { page.views.main.desk.fly(shape.geometry); page.views.main.desk.select(id, null); }
}

export const TABS = ['edits', 'proposals', 'saved', 'unit'].filter((name) => $(`tab-${name}`));

export function showTab(name) {
  $('main').classList.toggle('shows-unit', name === 'unit');
  const listed = name === 'unit' ? null : name;
  for (const each of TABS) $(`tab-${each}`).setAttribute('aria-selected', String(each === name));
  if (listed) for (const each of TABS.filter((one) => one !== 'unit')) $(`${each}-panel`).hidden = each !== listed;
}

export function before(isBefore) {
  if (state.isBefore === isBefore) return;
  state.isBefore = isBefore;
  $('before').setAttribute('aria-pressed', String(isBefore));
  document.body.classList.toggle('is-before', isBefore);
  drawMap();
}
