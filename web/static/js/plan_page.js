// What the parts of the what-if page share: the scenario in hand, its answer, how to look, and telling.

import { blank, fileOf, history } from './plan_state.js';
import { boot, t } from './words.js';

export const $ = (id) => document.getElementById(id);
export const address = new URLSearchParams(location.search);
const rules = new Set(boot.headline.rules.map((rule) => rule.rule_id));
export const state = {
  rule: rules.has(address.get('rule')) ? address.get('rule') : '',
  level: boot.study.levels.includes(address.get('level')) ? address.get('level') : boot.study.levels.at(-1),
  tool: null, mode: 'change', isBefore: false, open: null, isOld: false,
  result: { told: null, places: [], faults: {} },
  saved: { name: null, tag: null, text: '' },
};
// steps: the history of the scenario; units and shapes of today; views: the maps; form: the tool in hand
export const page = { steps: history(blank()), units: [], shapes: null, views: null, form: null };

export const doc = () => page.steps.now;
export const isDirty = () => fileOf(doc()) !== state.saved.text && (doc().edits.length > 0 || state.saved.name !== null);

export function tell(text, isFault = false) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
  clearTimeout(tell.timer);
  if (text && !isFault) tell.timer = setTimeout(() => tell(''), 5000);
}

export const guarded = (work) => async (...given) => {
  try { return await work(...given); } catch (fault) {
    return tell(t(fault instanceof TypeError && /fetch/i.test(fault.message) ? 'plan.offline' : 'fault', { what: fault.message }), true);
  }
};
