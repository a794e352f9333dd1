// The two choices above the map: which service, which level.

import { boot, ruleLimit, ruleName, t } from './words.js';

const $ = (id) => document.getElementById(id);

// any: words of a first choice that is no rule at all; left out, there is none
export function fillRules(select, chosen, any = '') {
  if (any) select.append(new Option(any, ''));
  for (const circle of ['block', '5min', '10min', '15min']) {
    const group = document.createElement('optgroup');
    group.label = t(`circle.${circle}`);
    for (const one of boot.headline.rules.filter((each) => each.level === circle)) {
      const option = new Option(`${ruleName(one)} · ${ruleLimit(one)}${one.is_in_data ? '' : ` (${t('rule.no_data')})`}`, one.rule_id);
      option.disabled = !one.is_in_data;
      group.append(option);
    }
    if (group.children.length) select.append(group);
  }
  select.value = chosen;
}

export function fillLevels(chosen) {
  for (const level of boot.study.levels) $('level').append(new Option(t(`level.${level}`), level));
  $('level').value = chosen;
}

export function fillChoices(state) {
  fillRules($('rule'), state.rule);
  fillLevels(state.level);
  document.querySelector(`[name=show][value=${state.show}]`).checked = true;
}
