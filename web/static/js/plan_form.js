// The form of the tool in hand. A click on the map fills it and makes the edit; so do lists, coordinates and Enter.

import { ask } from './api.js';
import { element } from './panels.js';
import { KINDS, TOOLS, categoryName, editOf, lonLat, pointText, readPoints, titleOf } from './plan_kinds.js';
import { boot, metres, named, people, t } from './words.js';

const LISTED = 20;
const NEAR_PIXELS = 24;
const NEAREST_M = 15;

// box: where it is drawn; onAdd(edit) makes the edit; centre(): where the map looks; units: to look near one of them
export class PlanForm {
  constructor(box, { onAdd, onDraw, onTell, centre, units, closed }) {
    Object.assign(this, { box, onAdd, onDraw, onTell, centre, units, closed });
    this.kind = null;
    this.asked = 0;
  }

  arm(tool) {
    this.tool = tool;
    this.fields = {};
    if (tool) this.#choose(TOOLS[tool][0]);
    else { this.kind = null; this.box.hidden = true; this.box.replaceChildren(); this.onDraw([]); }
  }

  get isArmed() { return this.kind !== null; }

  get isDrawing() { return this.kind && ['line', 'area'].includes(this.way); }

  // what hovers at the cursor takes hold of: a table of `near`, or ''
  get seeks() {
    if (!this.kind) return '';
    const { pick, on } = KINDS[this.kind];
    return (this.way.startsWith('pick') && !this.picked ? pick.of : on?.of) ?? '';
  }

  #choose(kind) {
    this.kind = kind;
    this.way = KINDS[kind].ways[0];
    for (const { key, value } of KINDS[kind].fields) this.fields[key] ??= value ?? '';
    this.#clear();
    this.draw();
  }

  // the edit that a click here would make, or null: something is still missing
  would(found) {
    const isPicked = this.way.startsWith('pick') && !this.picked;
    return editOf(this.kind, { ...this, picked: isPicked ? found : this.picked, points: this.way === 'pick' || isPicked ? [] : [found.at] });
  }

  #clear() {
    this.points = [];
    this.picked = null;
    this.onDraw([]);
  }

  edit() { return editOf(this.kind, this); }

  async #add() {
    const edit = this.edit();
    if (!edit) { this.#refuse(t('plan.incomplete')); return; }
    this.#refuse('');
    const fault = await this.onAdd(edit);
    if (fault) { this.#refuse(fault); if (!this.isDrawing) this.#clear(); this.#fill(); return; }
    this.#clear();
    this.draw();
  }

  #refuse(text) {
    const alert = this.box.querySelector('[role=alert]');
    if (alert) { alert.textContent = text; alert.hidden = !text; }
    this.onTell(text);
  }

  // A click on the map; metresPerPixel says how near is near enough.
  async place(lngLat, metresPerPixel) {
    const point = lonLat(lngLat);
    if (this.isDrawing) { this.points.push(point); this.onDraw(this.points, this.way); this.#fill(); return; }
    if (this.way.startsWith('pick') && !this.picked) {
      const found = await this.nearest(lngLat, metresPerPixel);
      if (!found) { this.#refuse(t(`plan.none_near.${KINDS[this.kind].pick.of}`)); return; }
      this.picked = found;
      if (this.way === 'pick+point') { this.#fill(); this.#refuse(''); this.onTell(t('plan.then_place', { name: found.name })); return; }
      if (this.way === 'pick+at') this.points = [found.at];
    } else {
      const found = KINDS[this.kind].on ? await this.nearest(lngLat, metresPerPixel) : null;
      this.points = [found ? found.at : point];
    }
    this.#fill();
    if (this.edit()) await this.#add(); else this.#refuse(t('plan.incomplete'));
  }

  // the nearest thing that the tool seeks, or null; edits made here count too where they are listed
  async nearest(lngLat, metresPerPixel) {
    if (!this.seeks) return null;
    const reach = Math.max(NEAREST_M, NEAR_PIXELS * metresPerPixel);
    const [first] = await this.#near(`${lngLat.lng.toFixed(6)},${lngLat.lat.toFixed(6)}`, 1, this.seeks);
    return first && first.away_m <= reach ? first : null;
  }

  // where an edit lands that is dragged to a place: on its own wall, on a street, or just there
  async snapped(edit, lngLat) {
    const of = edit.edit === 'open_wall' || edit.edit === 'add_gate' ? 'walls' : edit.edit === 'close_street' ? 'streets' : '';
    const found = of ? await this.#near(`${lngLat.lng.toFixed(6)},${lngLat.lat.toFixed(6)}`, LISTED, of) : [];
    return (found.find((one) => !edit.wall_id || one.id === edit.wall_id) ?? { at: lonLat(lngLat) }).at;
  }

  async #near(at, limit, of) {
    const { features } = await ask('/near', { at, of, limit });
    return features.map(({ geometry, properties: row }) => ({
      id: row.id, at: geometry.coordinates.map((value) => Math.round(value * 1e7) / 1e7), away_m: row.away_m,
      name: [named(row) || row.id, row.category ? categoryName(row.category) : '', row.people === undefined ? '' : people(row.people),
        row.access ? t(`plan.access.${row.access}`) : ''].filter(Boolean).join(' · '),
    }));
  }

  undoPoint() {
    this.points.pop();
    this.onDraw(this.points, this.way);
    this.#fill();
  }

  finish() { return this.#add(); }

  draw() {
    const { ways, fields, pick } = KINDS[this.kind];
    const kinds = TOOLS[this.tool];
    this.box.hidden = false;
    this.box.replaceChildren(
      element('h2', {}, t(`plan.tool.${this.tool}`)),
      kinds.length > 1 ? this.#radios('plan-kind', kinds, this.kind, (kind) => t(`plan.kind.${kind}`), (kind) => this.#choose(kind)) : '',
      ways.length > 1 ? this.#radios('plan-way', ways, this.way, (way) => t(`plan.way.${this.kind}.${way.replace('+', '_')}`), (way) => { this.way = way; this.#clear(); this.draw(); }) : '',
      element('p', { class: 'soft hint' }, t(`plan.hint.${this.kind}${this.isDrawing ? '.draw' : ''}`)),
      pick && this.way.startsWith('pick') ? this.#picker(pick) : '',
      ['point', 'line', 'area', 'pick+point'].includes(this.way) ? this.#coordinates() : '',
      ...fields.filter((field) => !(field.key === 'width_m' && this.way === 'pick')).map((field) => this.#field(field)),
      element('p', { role: 'alert', class: 'fault', hidden: true }),
      element('div', { class: 'actions' },
        element('button', { type: 'submit', class: 'main', id: 'add-edit' }, t('plan.add')),
        this.isDrawing ? element('button', { type: 'button', onclick: () => this.undoPoint() }, t('plan.undo_point')) : '',
        element('button', { type: 'button', id: 'leave-tool', onclick: () => this.onLeave() }, t('plan.leave_tool'))),
    );
    this.#fill();
  }

  #radios(name, values, chosen, word, onChange) {
    return element('fieldset', { class: 'ways' }, element('legend', { class: 'hidden' }, t(`${name.replace('-', '.')}_legend`)),
      ...values.map((value) => element('label', {},
        element('input', { type: 'radio', name, value, checked: value === chosen, onchange: () => { onChange(value); this.box.querySelector(`[name=${name}][value="${value}"]`)?.focus(); } }),
        element('span', {}, word(value)))));
  }

  #picker(pick) {
    const select = element('select', { id: 'plan-pick', size: null, onchange: () => { this.picked = this.listed.find((one) => one.id === select.value) ?? null; if (this.way === 'pick+at' && this.picked) this.points = [this.picked.at]; this.#fill(); } });
    if (pick.isClosed) {
      this.#list(select, this.closed());
      return element('label', { class: 'field' }, t(`plan.pick.${pick.of}`), select);
    }
    const near = element('select', { id: 'plan-near', onchange: () => this.#search(select, near.value, pick.of) },
      element('option', { value: '' }, t('plan.near_view')),
      ...this.units().map((unit) => element('option', { value: unit.at.join(',') }, named(unit))));
    this.#search(select, '', pick.of);
    return element('div', {}, element('label', { class: 'field' }, t('plan.near'), near),
      element('label', { class: 'field' }, t(`plan.pick.${pick.of}`), select));
  }

  async #search(select, at, of) {
    const mine = this.asked += 1;
    const found = await this.#near(at || this.centre(), LISTED, of);
    if (mine === this.asked) this.#list(select, found);
  }

  #list(select, found) {
    this.listed = found;
    select.replaceChildren(new Option(t(found.length ? 'plan.choose' : 'plan.nothing_near'), ''),
      ...found.map((one) => new Option(one.away_m === undefined ? one.name : `${one.name} · ${metres(one.away_m)}`, one.id)));
    this.#fill();
  }

  #coordinates() {
    const many = this.isDrawing;
    const input = element('input', { id: 'plan-at', autocomplete: 'off', inputmode: 'text', placeholder: many ? '104.50, 30.40; 104.51, 30.40' : '104.50, 30.40',
      onchange: () => { const points = readPoints(input.value); if (points) { this.points = points; this.onDraw(many ? points : [], this.way); this.#refuse(''); } else this.#refuse(t('plan.bad_place')); } });
    const middle = () => { const at = this.centre().split(',').map(Number); many ? this.points.push(at) : this.points = [at]; this.onDraw(many ? this.points : [], this.way); this.#fill(); };
    return element('div', { class: 'field' }, element('label', { for: 'plan-at' }, t(many ? 'plan.places' : 'plan.place')), input,
      element('button', { type: 'button', onclick: middle }, t('plan.centre')));
  }

  #field(field) {
    const { key, type, choices, low } = field;
    const keep = (event) => { this.fields[key] = event.target.value; };
    const id = `plan-${key}`;
    let input;
    if (type === 'choice') {
      input = element('select', { id, onchange: keep }, ...choices.map((one) => new Option(t(`plan.${key}.${one}`), one)));
    } else if (type === 'category') {
      input = element('select', { id, onchange: keep }, new Option(t('plan.choose'), ''), ...categoryOptions());
    } else input = element('input', { id, type: type === 'number' ? 'number' : 'text', min: type === 'number' ? low ?? 0 : null, step: 'any', autocomplete: 'off', oninput: keep });
    input.value = this.fields[key] ?? '';
    return element('label', { class: 'field' }, t(`plan.field.${key}`), input);
  }

  #fill() {
    const pick = this.box.querySelector('#plan-pick');
    if (pick && this.picked) {
      if (![...pick.options].some((one) => one.value === this.picked.id)) pick.append(new Option(this.picked.name, this.picked.id));
      pick.value = this.picked.id;
    } else if (pick) pick.value = '';
    const at = this.box.querySelector('#plan-at');
    if (at) at.value = this.points.map(pointText).join('; ');
  }

  // words for the cursor
  describe(found) {
    return found ? `${titleOf({ edit: this.kind }, null)} · ${found.name}` : t(`plan.hint.${this.kind}${this.isDrawing ? '.draw' : ''}`);
  }
}

export function categoryOptions() {
  return boot.groups.map(({ group, ids }) => {
    const made = element('optgroup', { label: t(`plan.group.${group}`) });
    made.append(...ids.map((id) => new Option(categoryName(id), id)));
    return made;
  });
}
