// The desk: one state, told by the address, drawn by the map and the panels.

import { ask } from './api.js';
import { fillChoices } from './choices.js';
import { hover } from './hover.js';
import { classOf, isUnknown, showLegend } from './legend.js';
import { DeskMap } from './map.js';
import { canDraw, showStill } from './still.js';
import { showGaps, showGapsSummary, showUnit, showUnits, showWalk } from './panels.js';
import { boot, metres, named, people, ruleName, share, t } from './words.js';

const $ = (id) => document.getElementById(id);
const MOST_GAPS = 200;
const MINUTES = '5,10,15';
const MODES = ['coverage', 'gaps', 'homes', 'unknown'];

const rules = new Map(boot.headline.rules.map((rule) => [rule.rule_id, rule]));
const address = new URLSearchParams(location.search);
const state = {
  rule: rules.has(address.get('rule')) ? address.get('rule') : boot.rule,
  level: boot.study.levels.includes(address.get('level')) ? address.get('level') : boot.study.levels.at(-1),
  show: MODES.includes(address.get('show')) ? address.get('show') : 'coverage',
  unit: address.get('u'),
  gap: null,
  at: address.get('at'),
  who: boot.profiles.find((one) => one.id === address.get('who')) ?? boot.profiles[0],
  cause: '',
  isWalking: false,
  walk: null,
  routed: null,
  route: null,
  off: new Set(),
};
let units = [];
let gaps = [];
let gapsTotal = { total: 0, people: 0 };
let notOpen = null;
let planned = [];
let map = null;
let asked = 0;

const rule = () => rules.get(state.rule);
const atLevel = () => units.filter((unit) => unit.level === state.level);
const unitOf = (id) => (id ? units.find((unit) => unit.unit_id === id) : undefined);

function keepAddress() {
  const query = new URLSearchParams(location.search);
  const values = { rule: state.rule, level: state.level, show: state.show, u: state.unit, at: state.at, who: state.who === boot.profiles[0] ? null : state.who.id };
  for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
  history.replaceState(null, '', `?${query}${location.hash}`);
  const link = $('switch-language');
  query.set('lang', boot.lang === 'zh' ? 'en' : 'zh');
  link.href = `?${query}${location.hash}`;
}

function tell(text, isFault = false) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
  clearTimeout(tell.timer);
  if (text && !isFault) tell.timer = setTimeout(() => tell(''), 5000);
}

const guarded = (work) => async (...given) => {
  try { return await work(...given); } catch (fault) { return tell(t('fault', { what: fault.message }), true); }
};

function drawUnits() {
  const [classes, texts, crowd] = [{}, {}, {}];
  const counts = [0, 0, 0, 0, 0];
  let unknownUnits = 0;
  for (const unit of atLevel()) {
    const figures = unit.rules[state.rule];
    const rank = isUnknown(figures) || (state.show === 'unknown' && figures[2] > 0) ? null : classOf(figures[3]);
    classes[unit.unit_id] = rank;
    const line = !unit.people ? t('unit.empty') : state.show === 'unknown' ? people(figures[2]) : rank === null ? '?' : share(figures[3]);
    texts[unit.unit_id] = `${named(unit)}\n${line}`;
    crowd[unit.unit_id] = unit.people;
    rank === null ? unknownUnits += 1 : counts[rank] += 1;
  }
  map?.setUnits({ classes, texts, people: crowd, off: state.off });
  showLegend($('legend'), { show: state.walk ? 'walk' : state.show, rule: rule(), level: state.level, counts, unknownUnits, planned: planned.length, off: state.off, who: state.who,
    onToggle: (rank) => { state.off.has(rank) ? state.off.delete(rank) : state.off.add(rank); drawUnits(); } });
}

const shownGaps = () => gaps.filter((gap) => !state.cause || gap.properties.cause === state.cause);

function drawGaps() {
  const shown = shownGaps();
  map?.setGaps(shown);
  showGapsSummary($('gaps-summary'), { rule: rule(), total: gapsTotal.total, crowd: gapsTotal, shown: gaps.length });
  showGaps($('gaps-list'), shown, { chosen: state.gap, rule: rule(), onGap: chooseGap });
}

function drawLists() {
  const wanted = $('search').value.trim().toLowerCase();
  const found = units.filter((unit) => unit.level === state.level || !unit.level).filter((unit) => !wanted || `${unit.name} ${unit.name_en ?? ''} ${unit.unit_id}`.toLowerCase().includes(wanted));
  found.sort((a, b) => (a.rules[state.rule][3] ?? 2) - (b.rules[state.rule][3] ?? 2));
  showUnits($('units-list'), found, { rule: rule(), chosen: state.unit, onUnit: chooseUnit });
}

function drawFigures() {
  const box = $('unit-panel');
  if (state.walk) {
    const unit = unitOf(state.walk.place.unit_id);
    return showWalk(box, state.walk.bands, state.walk.place, { onClear: clearWalk, unitName: unit && named(unit), who: state.who, routed: state.routed, route: state.route, onRoute: showRoute });
  }
  const unit = unitOf(state.unit);
  const whole = { name: t('unit.all'), people: rule().people, rules: wholeRules() };
  return showUnit(box, unit ?? whole, {
    rule: rule(), same: atLevel(), onRule: chooseRule, onGap: chooseGap,
    gaps: unit ? gaps.filter((gap) => gap.properties.unit_id === unit.unit_id) : [],
    onClear: unit ? () => chooseUnit(null) : null, onTry: tryHere,
    link: unit ? `/units/${encodeURIComponent(unit.unit_id)}${studyQuery()}` : null,
  });
}

const studyQuery = () => {
  const kept = ['study', 'standard'].filter((name) => address.get(name)).map((name) => [name, address.get(name)]);
  return kept.length ? `?${new URLSearchParams(kept)}` : '';
};

// What-if at the place that the desk looks at, for the service it shows
const tryHere = () => location.assign(`/whatif${studyQuery() || '?'}&${new URLSearchParams({ rule: state.rule, level: state.level })}${location.hash}`.replace('?&', '?'));

function wholeRules() {
  return Object.fromEntries(boot.headline.rules.map((one) => [one.rule_id, [one.covered, one.uncovered, one.unknown, one.ratio, one.verdict, one.line_ratio]]));
}

function draw() {
  keepAddress();
  map?.setMode(state.show, Boolean(state.walk));
  map?.select(state.unit, state.gap);
  drawUnits();
  drawGaps();
  drawLists();
  drawFigures();
}

const fetchRule = guarded(async () => {
  const mine = asked += 1;
  const [found, places] = await Promise.all([ask('/gaps', { rule: state.rule, limit: MOST_GAPS }), map ? ask('/facilities', { category: rule().category }) : null]);
  if (mine !== asked) return;
  gaps = found.features;
  gaps.forEach((gap, index) => { gap.properties.number = index + 1; });
  gapsTotal = found;
  const groups = Object.fromEntries(boot.study.categories.map((category) => [category.id, category.group]));
  map?.setFacilities(places, groups);
  planned = (await fetchNotOpen()).filter(({ properties }) => properties.state === 'planned' && rule().category.split('|').includes(properties.category));
  map?.setPlanned(planned, groups);
  await fetchHomes();
  draw();
});

async function fetchNotOpen() {
  notOpen ??= boot.study.counts.not_open && map ? (await ask('/layers/not_open.geojson')).features : [];
  return notOpen;
}

async function fetchHomes() {
  if (!map || state.show !== 'homes') return;
  const { status } = await ask('/demand', { rule: state.rule });
  map.setHomes(status);
  if (map.map.getZoom() < 13) tell(t('homes.zoom'));
}

function chooseRule(id) {
  state.rule = id;
  state.gap = null;
  $('rule').value = id;
  fetchRule();
}

function chooseUnit(id, isQuiet = false) {
  state.unit = id;
  state.gap = null;
  if (id) showTab('unit');
  const shape = id && map?.units.features.find((feature) => feature.properties.unit_id === id);
  if (shape && !isQuiet) map.fly(shape.geometry);
  draw();
}

function chooseGap(id) {
  const gap = gaps.find((one) => one.properties.gap_id === id);
  if (!gap) return;
  state.gap = id;
  if (gap.properties.unit_id) state.unit = gap.properties.unit_id;
  if (state.show !== 'gaps') setShow('gaps');
  draw();
  map?.fly(gap.geometry, 16);
  document.querySelector(`[data-gap="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'nearest' });
}

function setShow(mode) {
  state.show = mode;
  document.querySelector(`[name=show][value=${mode}]`).checked = true;
}

const walkFrom = guarded(async (lngLat) => {
  const at = `${lngLat.lng.toFixed(6)},${lngLat.lat.toFixed(6)}`;
  tell(t('walk.working'));
  const [bands, place] = await Promise.all([ask('/isochrone', { at, minutes: MINUTES, profile: state.who.id }), ask('/at', { at })]);
  tell('');
  state.at = at;
  state.routed = state.route = null;
  map.setRoute(null);
  state.walk = { bands, place };
  map.setBands(bands, [lngLat.lng, lngLat.lat]);
  showTab('unit');
  draw();
});

const showRoute = guarded(async (id) => {
  const found = await ask('/route', { at: state.at, rule: id, profile: state.who.id });
  state.routed = id;
  state.route = found.features[0]?.properties ?? null;
  map.setRoute(found);
  const walk = found.features[0];
  if (walk) map.fly(walk.geometry, 16);
  const values = { from: t('walk.title'), what: ruleName(rules.get(id)) };
  tell(walk ? t('walk.route', { ...values, name: named(walk.properties), walk: metres(walk.properties.walk_m), line: metres(walk.properties.line_m) })
    : t('walk.no_route', values));
  drawFigures();
});

function walkAgain() {
  const [lng, lat] = state.at.split(',').map(Number);
  return walkFrom({ lng, lat });
}

function clearWalk() {
  state.walk = state.at = state.routed = state.route = null;
  map.setBands(null, null);
  map.setRoute(null);
  setWalking(false);
  draw();
}

function setWalking(isWalking) {
  state.isWalking = isWalking;
  $('walk-tool').setAttribute('aria-pressed', String(isWalking));
  if (isWalking) tell(t('walk.hint'));
}

function showTab(name) {
  if (name === 'unit' && matchMedia('(min-width:1440px)').matches) return;
  document.getElementById('main').classList.toggle('shows-unit', name === 'unit');
  const listed = name === 'unit' ? null : name;
  for (const each of ['gaps', 'units', 'unit']) $(`tab-${each}`).setAttribute('aria-selected', String(each === name));
  if (listed) for (const each of ['gaps', 'units']) $(`${each}-panel`).hidden = each !== listed;
}

function step(by) {
  const shown = shownGaps();
  if (!shown.length) return;
  const now = shown.findIndex((gap) => gap.properties.gap_id === state.gap);
  chooseGap(shown[(now + by + shown.length) % shown.length].properties.gap_id);
}

function pressed(event) {
  if (event.key === 'Escape') {
    if (state.isWalking || state.walk) return clearWalk();
    return chooseUnit(null);
  }
  if (event.target.matches('input,select,textarea') || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === 'Enter' && event.target.closest('#map') && map) return walkFrom(map.centre);
  const acts = { '/': () => { showTab('units'); $('search').focus(); }, g: () => showTab('gaps'), '[': () => step(-1), ']': () => step(1),
    w: () => setWalking(!state.isWalking), e: tryHere };
  MODES.forEach((mode, index) => { acts[index + 1] = () => { setShow(mode); fetchRule(); }; });
  const act = acts[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
  return undefined;
}

function listen() {
  $('rule').addEventListener('change', () => chooseRule($('rule').value));
  $('level').addEventListener('change', () => { state.level = $('level').value; map?.setLevel(state.level); chooseUnit(null); });
  $('cause').addEventListener('change', () => { state.cause = $('cause').value; draw(); });
  $('search').addEventListener('input', drawLists);
  $('who').value = state.who.id;
  $('who').addEventListener('change', () => {
    state.who = boot.profiles.find((one) => one.id === $('who').value);
    if (state.at) walkAgain(); else keepAddress();
  });
  $('walk-tool').addEventListener('click', () => (state.walk ? clearWalk() : setWalking(!state.isWalking)));
  for (const input of document.querySelectorAll('[name=show]')) input.addEventListener('change', () => { state.show = input.value; fetchRule(); });
  for (const name of ['gaps', 'units', 'unit']) $(`tab-${name}`).addEventListener('click', () => showTab(name));
  addEventListener('keydown', pressed);
  addEventListener('hashchange', keepAddress);
}

const start = guarded(async () => {
  fillChoices(state);
  listen();
  const [figures, shapes] = await Promise.all([ask('/units'), ask('/units.geojson')]);
  units = figures.outside.people ? [...figures.units, { ...figures.outside, unit_id: '', name: t('unit.outside'), level: '' }] : figures.units;
  if (canDraw()) {
    map = new DeskMap($('map'), { units: shapes, level: state.level,
      actions: { onUnit: (id) => chooseUnit(id, true), onGap: chooseGap, onPlace: walkFrom, onHover: (found, point) => hover(found, point, { unitOf, rule: rule() }), isWalking: () => state.isWalking } });
    await map.ready;
    map.map.on('moveend', keepAddress);
  } else {
    tell(t('map.still'), true);
    showStill($('map'), { rule: state.rule, level: state.level, study: address.get('study'), standard: address.get('standard') });
    $('walk-tool').hidden = true;
  }
  if (state.unit) showTab('unit');
  await fetchRule();
  if (state.at && map) await walkAgain();
  document.body.dataset.state = 'ready';
});

start();
