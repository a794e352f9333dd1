// The list of edits and the list of saved scenarios, as plain elements.

import { categoryOptions } from './plan_form.js';
import { KINDS, pointText, readPoints, titleOf } from './plan_kinds.js';
import { element } from './panels.js';
import { boot, t } from './words.js';

const icon = (sign, label, onclick, more = {}) => element('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick, ...more }, sign);

// places: rows of edits.geojson; faults: number -> why it does not fit
export function showEdits(list, { edits, places, faults, open, acts }) {
  list.replaceChildren(...edits.map((edit, index) => row(edit, index, { place: places[index], fault: faults[index + 1], last: edits.length - 1, isOpen: open === index, acts })));
  if (!edits.length) list.append(element('li', { class: 'empty' }, t('plan.empty')));
}

function row(edit, index, { place, fault, last, isOpen, acts }) {
  const title = titleOf(edit, place?.properties);
  const isOn = edit.is_on !== false;
  const eye = element('input', { type: 'checkbox', checked: isOn, 'aria-label': t('plan.is_on', { title }), title: t('plan.is_on', { title }), onchange: () => acts.toggle(index) });
  return element('li', { class: `edit${isOn ? '' : ' off'}${fault ? ' misfit' : ''}`, 'data-edit': index + 1 },
    eye,
    element('span', { class: 'diamond', 'aria-hidden': 'true' }, element('span', {}, String(index + 1))),
    element('button', { type: 'button', class: 'row', onclick: () => acts.show(index) }, title),
    element('span', { class: 'buttons' },
      icon('↑', t('plan.up', { title }), () => acts.move(index, -1), { disabled: index === 0 }),
      icon('↓', t('plan.down', { title }), () => acts.move(index, 1), { disabled: index === last }),
      icon('✎', t('plan.details', { title }), () => acts.open(isOpen ? null : index), { 'aria-expanded': String(isOpen) }),
      icon('✕', t('plan.delete', { title }), () => acts.remove(index))),
    fault ? element('p', { class: 'fault' }, fault) : null,
    edit.note && !isOpen ? element('p', { class: 'soft' }, edit.note) : null,
    isOpen ? details(edit, index, acts) : null);
}

function details(edit, index, acts) {
  const fields = [...(KINDS[edit.edit]?.fields ?? []), { key: 'note', type: 'text' }, { key: 'cost', type: 'number' }];
  const at = edit.at ? element('label', { class: 'field' }, t('plan.place'), element('input', { value: pointText(edit.at), autocomplete: 'off',
    onchange: ({ target }) => { const [point] = readPoints(target.value) ?? []; if (point) acts.change(index, 'at', point); else target.value = pointText(edit.at); } })) : '';
  return element('div', { class: 'details' }, at, ...fields.map(({ key, type, choices, low }) => {
    const change = (event) => acts.change(index, key, type === 'number' && event.target.value !== '' ? Number(event.target.value) : event.target.value);
    let input;
    if (type === 'choice') input = element('select', { onchange: change }, ...choices.map((one) => new Option(t(`plan.${key}.${one}`), one)));
    else if (type === 'category') input = element('select', { onchange: change }, ...categoryOptions());
    else input = element('input', { type: type === 'number' ? 'number' : 'text', min: type === 'number' ? low ?? 0 : null, step: 'any', maxlength: '2000', onchange: change });
    input.value = edit[key] ?? '';
    return element('label', { class: 'field' }, t(`plan.field.${key}`), input);
  }));
}

export function showSaved(list, scenarios, { chosen, acts }) {
  list.replaceChildren(...scenarios.map((one) => element('li', { class: 'saved', 'aria-current': String(one.name === chosen) },
    element('button', { type: 'button', class: 'row', onclick: () => acts.open(one.name) }, one.name),
    icon('✕', t('plan.delete_saved', { name: one.name }), () => acts.remove(one.name)),
    element('p', { class: 'soft' }, [t(one.edits_on === 1 ? 'plan.count_one' : 'plan.count', { n: one.edits_on }), one.cost === null ? '' : t('plan.costs', { n: one.cost.toLocaleString('en-US') }), one.author, one.date, one.scenario_id.slice(0, 8)].filter(Boolean).join(' · ')),
    one.note ? element('p', { class: 'soft' }, one.note) : null)));
  if (!scenarios.length) list.append(element('li', { class: 'empty' }, t('plan.none_saved')));
}

// Why edits do not fit, by their number, in the language of the page.
export function faultsByEdit(problems) {
  const found = {};
  for (const problem of problems) {
    const number = [...problem.source.matchAll(/edit (\d+) \(/g)].at(-1)?.[1];
    const text = (boot.lang === 'zh' && boot.words[`problem.${problem.code}`]) || `${problem.message} ${problem.remedy}`.trim();
    found[number ?? 0] = text.charAt(0).toUpperCase() + text.slice(1);
  }
  return found;
}
