// What the pointer tells: a chip of up to three lines beside it. The panels tell the same to keyboard and touch.

import { boot, named, people, ruleLimit, ruleName, share, t } from './words.js';

export function hover(found, point, { unitOf, rule }) {
  showTip(found ? describe(found, unitOf, rule) : null, point);
}

// lines beside the pointer, the first in bold; null takes them away
export function showTip(lines, point) {
  const tip = document.getElementById('tip');
  tip.hidden = !lines;
  if (!lines) return;
  tip.replaceChildren(...lines.map((line, index) => Object.assign(document.createElement(index ? 'div' : 'b'), { textContent: line })));
  const stage = tip.parentElement.getBoundingClientRect();
  const top = document.getElementById('map').getBoundingClientRect().top - stage.top;
  tip.style.left = `${Math.min(point.x + 14, stage.width - 270)}px`;
  tip.style.top = `${top + point.y + 14}px`;
}

function describe({ layer, properties }, unitOf, rule) {
  const isPlanned = layer.id.startsWith('planned');
  if (isPlanned || layer.id.startsWith('facility')) {
    const category = boot.study.categories.find((one) => one.id === properties.category)?.[boot.lang] ?? '';
    return [named(properties), category, ...(isPlanned ? [t('legend.planned')] : [])];
  }
  if (layer.id === 'homes') return [people(properties.people)];
  if (layer.id.startsWith('gap')) {
    return [t('gaps.number', { n: properties.number }), people(properties.people), t(`cause.${properties.cause}`), t(`remedy.${properties.remedy}`)];
  }
  const unit = unitOf(properties.unit_id);
  if (!unit) return [named(properties)];
  const figures = unit.rules[rule.rule_id];
  const short = rule.target - figures[3];
  return [named(unit), `${ruleName(rule)} ${ruleLimit(rule)}: ${share(figures[3])}`,
    figures[3] === null ? t('legend.unknown') : short <= 0 ? t('verdict.pass') : t('unit.short', { points: Math.round(100 * short) })];
}
