// The legend: a sentence that says what is drawn, swatches in the exact colours, what it rests on.

import { CAUSES, causeMark, element } from './panels.js';
import { BANDS, BREAKS, SERVED } from './style.js';
import { boot, ruleKind, ruleLimit, ruleName, share, t } from './words.js';

const BOUNDS = [0, ...BREAKS, 1];

export function classOf(ratio) {
  return ratio === null ? null : BREAKS.filter((bound) => ratio >= bound).length;
}

const UNKNOWN_SHARE = 0.5;

// figures: covered, uncovered, unknown, ratio
export const isUnknown = (figures) => figures[3] === null || figures[2] > UNKNOWN_SHARE * (figures[0] + figures[1] + figures[2]);

export function key(className, text, background = '') {
  const mark = element('i', { class: className });
  if (background) mark.style.background = background;
  return element('span', { class: 'key' }, mark, text);
}

function swatches(counts, off, onToggle, target) {
  const row = element('div', { class: 'swatches' });
  SERVED.forEach((colour, rank) => {
    const isPass = BOUNDS[rank] === target;
    const button = element('button', { 'aria-pressed': String(!off.has(rank)), class: isPass ? 'pass' : '', onclick: () => onToggle(rank),
      title: isPass ? t('legend.pass', { share: share(BOUNDS[rank]) }) : '' },
    `${Math.round(BOUNDS[rank] * 100)}–${Math.round(BOUNDS[rank + 1] * 100)}%`, element('small', {}, t('legend.units', { n: counts[rank] })));
    button.style.background = colour;
    button.style.color = rank > 2 ? '#FFFFFF' : '#14191F';
    row.append(button);
  });
  return row;
}

function basis(rule) {
  const { headline, study } = boot;
  return element('p', { class: 'basis' }, t('legend.basis', {
    standard: headline.standard_name[boot.lang].split(' ').slice(0, 2).join(' '), clause: rule.clause,
    confidence: t(`confidence.${rule.confidence}`), date: study.data_date || '—',
    whom: rule.share_of === 'area' ? t('rule.whom_area') : t(`serves.${rule.serves}`) }), ` · ${t(`measure.${rule.measure}`)}`);
}

// The words of a rule by straight radius speak of no walk.
function kindOf(show, rule) {
  if (show === 'coverage') return ruleKind(rule);
  return rule.measure === 'line' && (show === 'gaps' || show === 'homes') ? '_line' : '';
}

// show: 'coverage' | 'gaps' | 'homes' | 'unknown' | 'walk'
export function showLegend(box, { show, rule, level, counts, unknownUnits, planned, off, who, onToggle }) {
  const values = { what: ruleName(rule), limit: ruleLimit(rule), level: t(`level.${level}`), who: who.name[boot.lang] };
  box.replaceChildren(element('p', {}, t(`legend.${show}${kindOf(show, rule)}`, values)));
  if (show === 'coverage' || show === 'unknown') {
    box.append(swatches(counts, off, onToggle, rule.target),
      element('p', { class: 'basis' }, key('unknown', `${t('legend.unknown')} (${unknownUnits})`), t('legend.pass', { share: share(rule.target) })));
  } else if (show === 'gaps') {
    box.append(element('p', {}, ...CAUSES.map(causeMark), key('wall', t('legend.wall'))));
  } else if (show === 'homes') {
    box.append(element('p', {}, key('dot', t('legend.home_yes'), '#2F7A90'), key('dot', t('legend.home_no'), '#E8903F'), key('dot', t('legend.unknown'), '#F1F2F2')));
  } else {
    box.append(element('p', {}, ...[5, 10, 15].map((n, index) => key('', t('minutes', { n }), BANDS[index]))));
  }
  if (planned) box.append(element('p', {}, key('dot planned', `${t('legend.planned')} (${planned})`)));
  if (show !== 'walk') box.append(basis(rule));
}
