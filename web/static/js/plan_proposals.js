// Proposals: where to build, which walls to open. The server chooses; the planner looks, and takes over what is good.

import { send } from './api.js';
import { element } from './panels.js';
import { titleOf } from './plan_kinds.js';
import { categoryOptions } from './plan_form.js';
import { placesOf } from './plan_server.js';
import { boot, count, people, t } from './words.js';

const GOALS = ['people', 'all', 'average', 'worst'];
const MOST = 10;

// acts: show(rows) draws proposals on the map, take(edits) makes them edits, tell(text, isFault)
export class Proposals {
  constructor(box, acts) {
    Object.assign(this, { box, acts, asked: null });
    box.replaceChildren(...['sites', 'gates'].filter((what) => boot.proposals[what]).map((what) => this.#form(what)),
      element('div', { id: 'proposed', 'aria-live': 'polite' }));
  }

  #form(what) {
    const input = (id, more) => element('input', { id: `${what}-${id}`, type: 'number', min: 1, max: MOST, value: 3, ...more });
    const category = element('select', { id: `${what}-category`, required: what === 'sites' },
      new Option(t(what === 'sites' ? 'plan.choose' : 'plan.any_rule'), ''), ...categoryOptions());
    const goal = what === 'sites' ? element('select', { id: 'sites-goal' }, ...GOALS.map((one) => new Option(t(`plan.goal.${one}`), one))) : null;
    const form = element('form', { class: 'tool-form' }, element('h2', {}, t(`plan.propose.${what}`)), element('p', { class: 'soft' }, t(`plan.propose_how.${what}`)),
      element('label', { class: 'field' }, t('plan.field.category'), category),
      element('label', { class: 'field' }, t('plan.how_many'), input('count')),
      goal ? element('label', { class: 'field' }, t('plan.goal'), goal) : '',
      element('div', { class: 'actions' }, element('button', { type: 'submit', class: 'main' }, t('plan.propose'))));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const number = Number(form.querySelector('[type=number]').value);
      const wanted = what === 'sites' ? { category: category.value, count: number, goal: goal.value } : { categories: category.value ? [category.value] : [], count: number };
      this.#ask(what, wanted, form.querySelector('[type=submit]'));
    });
    return form;
  }

  async #ask(what, wanted, button) {
    this.asked?.abort();
    this.asked = new AbortController();
    const box = this.box.querySelector('#proposed');
    box.replaceChildren(element('p', {}, t('plan.searching'), ' ', element('button', { type: 'button', onclick: () => this.asked.abort() }, t('plan.stop'))));
    this.acts.show([]);
    button.disabled = true;
    try {
      const options = { method: 'POST', body: JSON.stringify(wanted), headers: { 'Content-Type': 'application/json' }, signal: this.asked.signal };
      const told = await (await send(`/${what}`, options)).json();
      const rows = await placesOf(told.scenario);
      this.#show(box, what, told, rows);
    } catch (fault) {
      box.replaceChildren(fault.name === 'AbortError' ? '' : element('p', { class: 'fault', role: 'alert' }, fault.message));
    } finally { button.disabled = false; }
  }

  #show(box, what, told, rows) {
    const { edits } = told.scenario;
    const chosen = what === 'sites' ? told.sites : told.gates.filter((one) => one.together !== null && one.together !== undefined).sort((a, b) => a.together - b.together);
    const gain = (index) => (chosen.length === edits.length ? t('plan.gain_each', { people: people(chosen[index].people_gained) }) : '');
    this.acts.show(rows.map((row) => ({ ...row, properties: { ...row.properties, is_on: false } })));
    box.replaceChildren(element('h3', {}, t('plan.proposed')),
      element('p', {}, t('plan.gain_all', { people: people(told.people_gained) })),
      told.is_feasible === false ? element('p', { class: 'note' }, t('plan.infeasible', { why: told.reason })) : '',
      told.is_best === undefined ? '' : element('p', { class: 'soft' }, t(told.is_best ? 'plan.is_best' : 'plan.gap', { n: (100 * (told.gap ?? 0)).toFixed(1) })),
      told.candidates ? element('p', { class: 'soft' }, t('plan.candidates', { n: count(told.candidates) })) : '',
      edits.length ? element('ol', { class: 'plain proposals' }, ...edits.map((edit, index) => element('li', {},
        element('span', { class: 'diamond hollow', 'aria-hidden': 'true' }, element('span', {}, String(index + 1))),
        element('span', {}, titleOf(edit, rows[index]?.properties), element('small', { class: 'soft' }, gain(index))),
        element('button', { type: 'button', onclick: (event) => { event.target.disabled = true; this.acts.take([edit]); } }, t('plan.take'))))) : element('p', {}, t('plan.nothing_proposed')),
      edits.length > 1 ? element('button', { type: 'button', class: 'main', onclick: () => { this.acts.take(edits); box.replaceChildren(); this.acts.show([]); } }, t('plan.take_all')) : '');
  }
}
