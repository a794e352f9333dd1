// The lists and the figures beside the map, as plain elements. Text from data only ever enters as text.

import { boot, count, metres, named, people, ruleKind, ruleLimit, ruleName, share, t } from './words.js';

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function meter(figures, target) {
  const [covered, uncovered, unknown] = figures;
  const all = covered + uncovered + unknown || 1;
  const bar = element('span', { class: 'meter', 'aria-hidden': 'true' }, element('i'), element('u'));
  bar.children[0].style.width = `${(100 * covered) / all}%`;
  bar.children[1].style.left = `${100 - (100 * unknown) / all}%`;
  if (target) {
    bar.append(element('b'));
    bar.children[2].style.left = `calc(${100 * target}% - 1px)`;
  }
  return bar;
}

export const CAUSES = ['none in range', 'severed', 'over capacity', 'unknown'];

const slug = (cause) => cause.replaceAll(' ', '-');

export const causeMark = (cause) => element('span', { class: 'cause' },
  element('i', { class: `swatch ${slug(cause)}`, 'aria-hidden': 'true' }), t(`cause.${cause}`));

// What severs a gap and what a way through would save, as one line of text.
export function barrierText(gap) {
  const called = (boot.lang === 'en' && gap.barrier_name_en) || gap.barrier_name || gap.wall_id;
  const kind = t(`barrier.${gap.barrier}`);
  const what = called ? t('gaps.barrier_named', { name: called, kind }) : kind;
  const saving = gap.saved_m === null ? t('gaps.saves_nobody') : t('gaps.saved', { metres: metres(gap.saved_m), people: people(gap.people_gained) });
  return `${what}${boot.lang === 'zh' ? '：' : ': '}${saving}`;
}

// crowd: the answer of the API, with the people of every cause
export function showGapsSummary(box, { rule, total, crowd, shown }) {
  box.replaceChildren(
    element('strong', {}, t('gaps.count', { n: total })), ' ',
    element('span', {}, t(`gaps.crowd${rule.measure === 'line' ? '_line' : ''}`, { people: people(crowd.people), what: ruleName(rule), limit: ruleLimit(rule) })),
  );
  const known = CAUSES.map((cause) => [cause, crowd[`people_${cause.replaceAll(' ', '_')}`]]).filter(([, number]) => number > 0);
  box.append(element('ul', { class: 'plain causes' }, ...known.map(([cause, number]) =>
    element('li', { title: t(`cause_how.${cause}`) }, causeMark(cause), element('span', { class: 'n' }, people(number))))));
  if (shown < total) box.append(element('p', { class: 'soft' }, t('gaps.first', { n: shown })));
}

export function showGaps(list, gaps, { chosen, rule, onGap }) {
  list.replaceChildren(...gaps.map(({ properties: gap }) => element('li', {},
    element('button', { 'aria-current': String(gap.gap_id === chosen), 'data-gap': gap.gap_id, onclick: () => onGap(gap.gap_id) },
      element('span', { class: `number ${slug(gap.cause)}` }, String(gap.number)),
      element('b', {}, gap.unit_name || gap.unit_name_en ? named({ name: gap.unit_name, name_en: gap.unit_name_en }) : t('unit.outside')),
      element('span', { class: 'n' }, t('people', { n: count(gap.people) })),
      element('span', { class: 'soft' }, gap.nearest_walk_m === null
        ? t('gaps.none_found')
        : t('gaps.walk', { walk: metres(gap.nearest_walk_m), limit: ruleLimit(rule) })),
      gap.street ? element('span', { class: 'soft' }, t('gaps.by', { street: gap.street })) : null,
      element('span', { class: 'soft' }, causeMark(gap.cause), ` · ${t(`remedy.${gap.remedy}`)}`),
      gap.barrier ? element('span', { class: 'soft' }, barrierText(gap)) : null,
    ))));
  if (!gaps.length) list.append(element('li', { class: 'empty' }, t('gaps.none')));
}

export function showUnits(body, units, { rule, chosen, onUnit }) {
  body.replaceChildren(...units.map((unit) => {
    const figures = unit.rules[rule.rule_id];
    return element('tr', { 'aria-current': String(unit.unit_id === chosen), 'data-unit': unit.unit_id, onclick: () => onUnit(unit.unit_id) },
      element('td', {}, element('button', {}, named(unit))),
      element('td', { class: 'n' }, count(unit.people)),
      element('td', { class: 'n' }, share(figures[3])));
  }));
  if (!units.length) body.append(element('tr', {}, element('td', { colspan: '3', class: 'soft' }, t('desk.nothing_found'))));
}

function ruleRow(rule, figures, { chosen, onRule }) {
  const isKnown = figures[3] !== null;
  return element('li', {}, element('button', { 'aria-current': String(rule.rule_id === chosen), onclick: () => onRule(rule.rule_id),
    title: `${rule.clause} · ${t(`confidence.${rule.confidence}`)} · ${t(`measure.${rule.measure}`)} · ${t('unit.by_line', { share: share(figures[5]) })}` },
  element('span', {}, `${ruleName(rule)} ${ruleLimit(rule)}`),
  meter(isKnown ? figures : [0, 0, 1], rule.target),
  element('span', { class: 'n' }, share(figures[3]), element('span', { class: 'hidden' }, ` ${t(`verdict.${figures[4]}`)}`))));
}

function standing(figures) {
  const mark = { pass: 'ok', fail: 'fault' }[figures[4]] ?? 'soft';
  return element('span', { class: mark }, `${{ pass: '✓', fail: '✗' }[figures[4]] ?? '?'} ${t(`verdict.${figures[4]}`)}`);
}

// unit: one of the units, or the whole study ({name, people, rules}); ranks it among `same` for the chosen rule
export function showUnit(box, unit, { rule, same, onRule, onGap, gaps, onClear, link, onTry }) {
  const figures = unit.rules[rule.rule_id];
  const order = same.map((one) => one.rules[rule.rule_id][3]).filter((ratio) => ratio !== null && ratio > figures[3]).length + 1;
  box.replaceChildren(
    element('h2', {}, named(unit)),
    element('div', { class: 'soft' }, unit.level ? `${t(`level.${unit.level}`)} · ` : '', t('residents', { people: people(unit.people) })),
    element('div', { class: 'big' }, share(figures[3])),
    element('div', {}, t(`unit.sentence${ruleKind(rule)}`, { what: ruleName(rule), limit: ruleLimit(rule) }), ' ', standing(figures)),
    element('div', { class: 'soft' }, `${t('unit.by_line', { share: share(figures[5]) })} · ${rule.clause} · ${t(`sure.${rule.confidence}`)}`),
    figures[0] === null ? element('div', { class: 'soft' }, t('unit.not_stated')) : element('div', { class: 'soft' }, t('unit.split', { covered: people(figures[0]), uncovered: people(figures[1]), unknown: people(figures[2]) })),
  );
  if (unit.level && figures[3] !== null && same.length > 1) box.append(element('div', { class: 'soft' }, t('unit.rank', { rank: order, of: same.length })));
  const actions = element('div', { class: 'actions' });
  if (link) actions.append(element('a', { class: 'button', href: link }, t('unit.card')));
  if (onTry) actions.append(element('button', { onclick: onTry }, t('plan.try')));
  if (onClear) actions.append(element('button', { onclick: onClear }, t('unit.clear')));
  if (actions.children.length) box.append(actions);
  if (gaps.length) {
    box.append(element('h3', {}, t('unit.gaps', { what: ruleName(rule) })));
    const list = element('ol', { class: 'cards' });
    showGaps(list, gaps.slice(0, 3), { chosen: null, rule, onGap });
    box.append(list);
  }
  for (const circle of ['block', '5min', '10min', '15min']) {
    const mine = boot.headline.rules.filter((one) => one.level === circle && one.is_in_data);
    if (!mine.length) continue;
    box.append(element('h3', {}, t(`circle.${circle}`)),
      element('ul', { class: 'rules' }, ...mine.map((one) => ruleRow(one, unit.rules[one.rule_id], { chosen: rule.rule_id, onRule }))));
  }
  const missing = boot.headline.rules.filter((one) => !one.is_in_data);
  if (missing.length) {
    box.append(element('h3', {}, t('unit.missing')),
      element('p', { class: 'soft' }, t('unit.missing_text', { list: missing.map(ruleName).join(boot.lang === 'zh' ? '、' : ', ') })));
  }
}

// the drawn walk in words: metres, the minutes of who walks, and the climb where heights are known
function routeFacts(route, who) {
  const values = { walk: metres(route.walk_m), who: who.name[boot.lang] };
  const facts = element('div', {}, route.walk_min === null ? t('walk.route_closed', values)
    : t('walk.route_facts', { ...values, minutes: t('minutes', { n: Math.max(1, Math.round(route.walk_min)) }) }));
  const climb = route.rise_m === null ? null : element('div', {}, t('walk.climb', { up: metres(route.rise_m), down: metres(route.fall_m) }));
  return element('tr', { class: 'route-facts' }, element('td', { colspan: '3', class: 'soft' }, facts, climb));
}

export function showWalk(box, collection, place, { onClear, unitName, who, routed, route, onRoute }) {
  const rows = [...collection.features].sort((a, b) => a.properties.threshold - b.properties.threshold).map(({ properties: band }) =>
    element('tr', {},
      element('td', {}, (() => { const mark = element('i', { class: 'swatch' }); mark.style.background = band.colour; return mark; })(), t('minutes', { n: band.threshold })),
      element('td', { class: 'n' }, t('km2', { n: (band.area_m2 / 1e6).toFixed(2) })),
      element('td', { class: 'n' }, count(band.people))));
  box.replaceChildren(
    element('h2', {}, t('walk.title')),
    element('div', { class: 'soft' }, unitName ?? t('unit.outside')),
    element('table', { class: 'bands' }, element('thead', {}, element('tr', {},
      element('th', {}, t('walk.within')), element('th', { class: 'n' }, t('walk.area')), element('th', { class: 'n' }, t('walk.homes')))),
    element('tbody', {}, ...rows)),
    element('p', { class: 'soft' }, t('walk.basis', { who: who.name[boot.lang], speed: who.speed_mps, access: metres(collection.access_m) })),
    element('div', { class: 'actions' }, element('button', { onclick: onClear }, t('walk.clear'))));
  if (!place || !place.demand_id) return;
  box.append(element('h3', {}, t('walk.home', { name: place.name || place.demand_id, away: metres(place.away_m) })));
  box.append(element('p', { class: 'soft' }, t('walk.people_how', { people: count(place.people), how: t(`how.${place.people_source}`) })));
  const body = element('tbody');
  for (const rule of boot.headline.rules.filter((one) => one.is_in_data)) {
    const found = place.rules[rule.rule_id];
    body.append(element('tr', {},
      element('td', {}, element('button', { class: 'row', 'aria-pressed': String(rule.rule_id === routed), onclick: () => onRoute(rule.rule_id) }, ruleName(rule)),
        ' ', element('small', { class: 'soft' }, found.nearest ? named(found.nearest) : t('gaps.none_found'))),
      element('td', { class: 'n' }, metres(found.walk_m)),
      element('td', { class: `n ${['fault', 'ok', 'soft'][found.status]}` }, ['✗', '✓', '?'][found.status], ` ${ruleLimit(rule)}`)));
    if (rule.rule_id === routed && route) body.append(routeFacts(route, who));
  }
  box.append(element('p', { class: 'soft' }, t('walk.route_hint')), element('table', {}, body));
}
