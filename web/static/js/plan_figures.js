// What a scenario changes, in figures: people first, then services, ages, verdicts, units. Gain and loss together.

import { categoryName } from './plan_kinds.js';
import { element } from './panels.js';
import { boot, count, named, people, ruleLimit, ruleName, share, t } from './words.js';

const rules = new Map(boot.headline.rules.map((rule) => [rule.rule_id, rule]));
const LEAST = 0.5;

export const signed = (value, sign) => (value >= LEAST ? `${sign}${count(value)}` : '0');

// what a unit's gain and loss are, for one rule or ('') for any: people, and the change as share of its residents
export function changeOf(unit, told, before, rule) {
  if (!rule) return { gained: unit.people_gained, lost: unit.people_lost, share: unit.people ? (unit.people_gained - unit.people_lost) / unit.people : 0 };
  const now = told.map.units[unit.unit_id]?.[rule];
  const then = before.get(unit.unit_id)?.rules[rule];
  if (!now || !then || now[0] === null || then[0] === null) return { gained: 0, lost: 0, share: 0 };
  const net = now[0] - then[0];
  return { gained: Math.max(net, 0), lost: Math.max(-net, 0), share: now[3] === null || then[3] === null ? 0 : now[3] - then[3] };
}

function table(heads, rows, caption) {
  return element('table', { class: 'plain-table' }, element('caption', { class: 'hidden' }, caption),
    element('thead', {}, element('tr', {}, ...heads.map((head, index) => element('th', { scope: 'col', class: index ? 'n' : '' }, head)))),
    element('tbody', {}, ...rows.map((cells) => element('tr', {}, ...cells.map((cell, index) => element(index ? 'td' : 'th', { class: index ? 'n' : '', scope: index ? null : 'row' }, cell))))));
}

const FEW = 50;
// the column says gain or lose; “<50” needs no sign
const inColumn = (value, sign) => (value >= LEAST && value < FEW ? count(value) : signed(value, sign));
const gainCell = (value) => element('span', { class: value >= LEAST ? 'gain' : 'soft' }, inColumn(value, '+'));
const lossCell = (value) => element('span', { class: value >= LEAST ? 'loss' : 'soft' }, inColumn(value, '−'));

export function headline(told) {
  return t('plan.sentence', { gained: people(told.people_gained), lost: people(told.people_lost) });
}

export function showFigures(box, { told, before, rule, level, isOld, acts, doc }) {
  box.classList.toggle('old', isOld);
  if (!told) {
    box.replaceChildren(element('h2', {}, t('plan.result')), element('p', { class: 'soft' }, t('plan.no_result')));
    return;
  }
  const same = told.people_after - told.people_gained - told.people_lost;
  box.replaceChildren(
    isOld ? element('p', { class: 'note' }, t('plan.old_result')) : '',
    element('h2', {}, t('plan.result')),
    element('div', { class: 'balance' },
      element('div', {}, element('strong', { class: 'gain', id: 'people-gained', 'data-value': told.people_gained }, signed(told.people_gained, '+')), element('span', {}, t('plan.gain'))),
      element('div', {}, element('strong', { class: 'loss', id: 'people-lost', 'data-value': told.people_lost }, signed(told.people_lost, '−')), element('span', {}, t('plan.lose')))),
    element('p', { class: 'soft' }, t('plan.unchanged', { people: people(Math.max(same, 0)) })),
    ...notes(told),
    rule ? ruleFacts(told, rule) : '',
    element('h3', {}, t('plan.by_service')), services(told, rule, acts),
    element('h3', {}, t('plan.by_age')), ages(told),
    element('h3', {}, t('plan.verdicts')), verdicts(told, level, acts),
    element('h3', {}, t('plan.units', { level: t(`level.${level}`) })), units(told, before, rule, level, acts),
    element('p', { class: 'soft basis' }, t('plan.basis', { standard: boot.headline.standard_name[boot.lang], date: boot.study.data_date || '—', id: told.scenario.id, author: [doc.author, doc.date].filter(Boolean).join(' ') || '—' })),
    doc.note ? element('p', { class: 'soft basis' }, doc.note) : '',
    told.scenario.cost === null ? '' : element('p', { class: 'soft basis' }, t('plan.costs', { n: told.scenario.cost.toLocaleString('en-US') })));
}

function notes(told) {
  const found = [];
  const whole = [told.complete_ratio_before, told.complete_ratio_after];
  if (whole[0] !== null && whole[1] !== null && whole[0] !== whole[1]) found.push(t('plan.complete', { before: share(whole[0]), after: share(whole[1]) }));
  if (told.people_moved_in >= LEAST || told.people_moved_out >= LEAST) found.push(t('plan.moved', { came: people(told.people_moved_in), left: people(told.people_moved_out) }));
  const away = told.people_not_joined_after - told.people_not_joined_before;
  if (Math.abs(away) >= LEAST) found.push(t(away > 0 ? 'plan.cut_off' : 'plan.joined', { people: people(Math.abs(away)) }));
  return found.map((text) => element('p', {}, text));
}

function ruleFacts(told, id) {
  const facts = told.rules.find((one) => one.rule_id === id);
  const all = rules.get(id).people;
  if (facts.covered_before === null) return element('p', { class: 'soft' }, t('plan.not_stated'));
  const ratio = told.map.everybody[id][3];
  return element('p', { class: 'rule-change' }, element('b', {}, `${ruleName(rules.get(id))} ${ruleLimit(rules.get(id))}`), element('br'),
    t('plan.rule_change', { before: share(rules.get(id).ratio), after: share(ratio), gained: people(facts.gained), lost: people(facts.lost), all: people(all) }));
}

function services(told, chosen, acts) {
  const changed = told.rules.filter((one) => one.gained >= LEAST || one.lost >= LEAST).sort((a, b) => b.gained + b.lost - a.gained - a.lost);
  if (!changed.length) return element('p', { class: 'soft' }, t('plan.no_change'));
  const same = told.rules.length - changed.length;
  return element('div', {},
    table([t('rule.need'), t('plan.gains'), t('plan.losses')], changed.map((one) => [
      element('button', { class: 'row', 'aria-pressed': String(one.rule_id === chosen), onclick: () => acts.rule(one.rule_id === chosen ? '' : one.rule_id) }, `${ruleName(rules.get(one.rule_id))} · ${ruleLimit(rules.get(one.rule_id))}`),
      gainCell(one.gained), lossCell(one.lost)]), t('plan.by_service')),
    element('p', { class: 'soft' }, t('plan.same_rules', { n: same })));
}

function ages(told) {
  if (!told.ages.length) return element('p', { class: 'soft' }, t('plan.no_ages'));
  if (told.ages.every((one) => one.gained < LEAST && one.lost < LEAST)) return element('p', { class: 'soft' }, t('plan.no_ages_change'));
  return table([t('plan.age'), t('plan.gains'), t('plan.losses')], told.ages.map((one) => [t(`plan.ages.${one.group}`), gainCell(one.gained), lossCell(one.lost)]), t('plan.by_age'));
}

const SIGNS = { pass: '✓', fail: '✗', 'insufficient data': '?' };
const verdict = (word) => `${SIGNS[word]} ${t(`verdict.${word}`)}`;

function verdicts(told, level, acts) {
  const changed = told.units.filter((unit) => unit.level === level).flatMap((unit) => unit.rules_changed.map((one) => ({ unit, ...one })));
  if (!changed.length) return element('p', { class: 'soft' }, t('plan.no_verdicts', { level: t(`level.${level}`) }));
  return table([t('unit.name'), t('rule.need'), t('plan.verdict')], changed.map((one) => [
    element('button', { class: 'row', onclick: () => acts.unit(one.unit.unit_id) }, named(one.unit)), ruleName(rules.get(one.rule_id)),
    element('span', { class: one.after === 'pass' ? 'gain' : one.before === 'pass' ? 'loss' : '' }, `${verdict(one.before)} → ${verdict(one.after)}`)]), t('plan.verdicts'));
}

function units(told, before, rule, level, acts) {
  const rows = told.units.filter((unit) => unit.level === level).map((unit) => ({ unit, ...changeOf(unit, told, before, rule) }))
    .filter((one) => one.gained >= LEAST || one.lost >= LEAST).sort((a, b) => b.gained + b.lost - a.gained - a.lost);
  if (!rows.length) return element('p', { class: 'soft' }, t('plan.no_units'));
  return table([t('unit.name'), t('plan.gains'), t('plan.losses')], rows.map((one) => [
    element('button', { class: 'row', onclick: () => acts.unit(one.unit.unit_id) }, named(one.unit)), gainCell(one.gained), lossCell(one.lost)]), t('plan.units', { level: t(`level.${level}`) }));
}
