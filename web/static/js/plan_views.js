// The three ways to look at a scenario: the change, today beside it, today under it. And the legend of each.

import { CHANGE, CHANGE_BREAKS, PlanMap } from './plan_map.js';
import { changeOf, signed } from './plan_figures.js';
import { classOf, isUnknown, key, showLegend } from './legend.js';
import { element } from './panels.js';
import { boot, named, ruleLimit, ruleName, share, t } from './words.js';

const $ = (id) => document.getElementById(id);
const STEP = 2;
const rules = new Map(boot.headline.rules.map((rule) => [rule.rule_id, rule]));

// homes that change by a rule, or ('') by any: [row, 1 gains, -1 loses, 2 both]
export function homesOf(told, rule) {
  const found = new Map();
  for (const [id, { row, before, after }] of Object.entries(told?.map.homes ?? {})) {
    if (rule && id !== rule) continue;
    row.forEach((home, index) => {
      const change = after[index] === 1 ? 1 : before[index] === 1 ? -1 : 0;
      const was = found.get(home);
      if (change) found.set(home, was === undefined || was === change ? change : 2);
    });
  }
  return [...found];
}

export class Views {
  // units: figures of today; shapes: their outlines; actions of the maps
  constructor({ units, shapes, level, actions }) {
    Object.assign(this, { units, shapes, level, actions });
    this.mode = 'change';
    this.split = 50;
    this.off = new Set();
    this.before = new Map(units.map((unit) => [unit.unit_id, unit]));
  }

  async open(element) {
    this.main = new PlanMap(element, { units: this.shapes, level: this.level, actions: this.actions });
    await this.main.ready;
    this.#listen();
  }

  async setMode(mode) {
    this.mode = mode;
    $('map').dataset.mode = mode;
    $('map-before').hidden = mode === 'change';
    $('swipe').hidden = mode !== 'swipe';
    for (const mark of document.querySelectorAll('.side-mark')) mark.hidden = mode === 'change';
    if (mode !== 'change' && !this.other) await this.#second();
    this.main.map.resize();
    this.other?.map.resize();
    this.#cut();
    this.other?.map.jumpTo({ center: this.main.map.getCenter(), zoom: this.main.map.getZoom() });
  }

  async #second() {
    const still = { ...this.actions, onUnit: this.actions.onUnit, isWalking: () => false, onPlace: () => {} };
    this.other = new PlanMap($('map-before'), { units: this.shapes, level: this.level, actions: still, hash: false });
    await this.other.ready;
    this.other.setLevel(this.level);
    let isFollowing = false;
    const follow = (one, another) => one.on('move', () => {
      if (isFollowing || this.mode === 'change') return;
      isFollowing = true;
      another.jumpTo({ center: one.getCenter(), zoom: one.getZoom() });
      isFollowing = false;
    });
    follow(this.main.map, this.other.map);
    follow(this.other.map, this.main.map);
  }

  #listen() {
    const handle = $('swipe');
    const set = (value) => { this.split = Math.min(100, Math.max(0, value)); this.#cut(); };
    handle.addEventListener('keydown', (event) => {
      const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, Home: -100, End: 100, PageUp: 10, PageDown: -10 };
      if (event.key in steps) { event.preventDefault(); event.stopPropagation(); set(this.split + steps[event.key]); }
    });
    handle.addEventListener('pointerdown', (event) => handle.setPointerCapture(event.pointerId));
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = $('map').getBoundingClientRect();
      set(Math.round((100 * (event.clientX - box.left)) / box.width));
    });
  }

  #cut() {
    $('map-main').style.clipPath = this.mode === 'swipe' ? `inset(0 0 0 ${this.split}%)` : '';
    $('swipe').style.left = `${this.split}%`;
    $('swipe').setAttribute('aria-valuenow', this.split);
    $('swipe').setAttribute('aria-valuetext', t('plan.swipe_at', { n: this.split }));
  }

  setLevel(level) {
    this.level = level;
    this.main?.setLevel(level);
    this.other?.setLevel(level);
  }

  changes(told, rule) {
    return Object.fromEntries((told?.units ?? []).map((unit) => [unit.unit_id, changeOf(unit, told, this.before, rule)]));
  }

  // the rule by which most people gain or lose, else the one to show first
  most(told) {
    const [first] = [...(told?.rules ?? [])].sort((a, b) => b.gained + b.lost - a.gained - a.lost);
    return first?.gained || first?.lost ? first.rule_id : boot.rule;
  }

  // told: the comparison, or null; places: the edits as rows; isBefore: show today whatever the mode
  draw({ told, places, rule, isBefore }) {
    const changes = this.changes(told, rule);
    const looked = rules.get(rule || this.most(told));
    if (this.main) {
      if (this.mode === 'change' && !isBefore) this.#change(changes, homesOf(told, rule));
      else this.#coverage(this.main, isBefore ? null : told, looked);
      this.main.setEdits(isBefore ? [] : places);
      if (this.other && this.mode !== 'change') this.#coverage(this.other, null, looked);
    }
    this.#legend(rule, looked, this.mode === 'change' && !isBefore, () => this.draw({ told, places, rule, isBefore }));
    return changes;
  }

  #change(changes, homes) {
    const texts = {};
    const crowd = {};
    for (const unit of this.units.filter((one) => one.level === this.level)) {
      const found = changes[unit.unit_id];
      const line = found ? [found.gained >= 0.5 ? signed(found.gained, '+') : '', found.lost >= 0.5 ? signed(found.lost, '−') : ''].filter(Boolean).join(' ') : '';
      texts[unit.unit_id] = line ? `${named(unit)}\n${line}` : named(unit);
      crowd[unit.unit_id] = line ? 1e9 : unit.people;
    }
    this.main.desk.setUnits({ classes: {}, texts, people: crowd, off: new Set() });
    this.main.setChange(changes, homes);
    this.main.showChange(true);
  }

  #coverage(plan, told, rule) {
    const [classes, texts, crowd] = [{}, {}, {}];
    this.counts = [0, 0, 0, 0, 0];
    this.unknownUnits = 0;
    for (const unit of this.units.filter((one) => one.level === this.level)) {
      const figures = told?.map.units[unit.unit_id]?.[rule.rule_id] ?? unit.rules[rule.rule_id];
      const rank = isUnknown(figures) ? null : classOf(figures[3]);
      classes[unit.unit_id] = rank;
      texts[unit.unit_id] = `${named(unit)}\n${rank === null ? '?' : share(figures[3])}`;
      crowd[unit.unit_id] = unit.people;
      if (rank === null) this.unknownUnits += 1; else this.counts[rank] += 1;
    }
    plan.showChange(false);
    plan.desk.setUnits({ classes, texts, people: crowd, off: this.off });
  }

  #legend(rule, looked, isChange, redraw) {
    const box = $('legend');
    if (!isChange && this.counts) {
      showLegend(box, { show: 'coverage', rule: looked, level: this.level, counts: this.counts, unknownUnits: this.unknownUnits, off: this.off, who: boot.profiles[0],
        onToggle: (rank) => { if (!this.off.delete(rank)) this.off.add(rank); redraw(); } });
      return;
    }
    this.legend(box, rule);
  }

  // what the shades of change mean, for a rule or ('') for any
  legend(box, rule) {
    const looked = rules.get(rule);
    const [few, some, many] = CHANGE_BREAKS.map((bound) => Math.round(100 * bound));
    const bounds = [`≤ −${many}`, `−${some}–${many}`, `−${few}–${some}`, `±${few}`, `+${few}–${some}`, `+${some}–${many}`, `≥ +${many}`];
    const swatches = element('div', { class: 'swatches change' });
    CHANGE.forEach((colour, index) => {
      const word = `${bounds[index]}%`;
      const swatch = element('span', { class: index < 3 ? 'minus' : index > 3 ? 'plus' : '' }, word);
      swatch.style.backgroundColor = colour;
      swatch.style.color = [0, 5, 6].includes(index) ? '#FFFFFF' : '#14191F';
      swatches.append(swatch);
    });
    const values = { level: t(`level.${this.level}`), ...(rule ? { what: ruleName(looked), limit: ruleLimit(looked) } : {}) };
    box.replaceChildren(element('p', {}, t(rule ? 'plan.legend_rule' : 'plan.legend_any', values)), swatches,
      element('p', { class: 'basis' }, key('dot gained', t('plan.legend_gain')), key('dot lost', t('plan.legend_lose')), key('edit-mark', t('plan.legend_edit'))),
      element('p', { class: 'basis' }, t('plan.legend_basis')));
  }
}
