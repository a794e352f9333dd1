// Words and numbers in the language of the page, by the same rules as the server's.

export const boot = JSON.parse(document.getElementById('boot').textContent);
const zh = boot.lang === 'zh';
const MYRIAD = 10000;
const FEW = 50;

export function t(key, values = {}) {
  const text = boot.words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function named(thing) {
  return (!zh && thing.name_en) || thing.name || thing.unit_id || '';
}

export function people(value) {
  if (value === null || value === undefined) return '—';
  if (value > 0 && value < FEW) return zh ? `不足 ${FEW} 人` : `under ${FEW}`;
  if (zh && value >= MYRIAD) return `${(value / MYRIAD).toFixed(2)} 万人`;
  const whole = Math.round(value).toLocaleString('en-US');
  return zh ? `${whole} 人` : whole;
}

export function count(value) {
  if (value === null || value === undefined) return '—';
  return value > 0 && value < FEW ? `<${FEW}` : Math.round(value).toLocaleString('en-US');
}

export function share(value) {
  return value === null || value === undefined ? '—' : `${Math.round(value * 100)}%`;
}

export function metres(value) {
  if (value === null || value === undefined) return '—';
  if (value < 1000) return `${Math.round(value)} ${zh ? '米' : 'm'}`;
  return `${(value / 1000).toFixed(1)} ${zh ? '公里' : 'km'}`;
}

export function ruleName(rule) {
  return rule.name[boot.lang];
}

export function ruleLimit(rule) {
  if (!rule.threshold_m && !rule.threshold_min) return t('rule.not_stated');
  return rule.threshold_m ? metres(rule.threshold_m) : t('minutes', { n: rule.threshold_min });
}

// The ending of the sentence that says what a ratio of the rule is: of people or ground, on foot or by radius
export function ruleKind(rule) {
  return (rule.share_of === 'area' ? '_area' : '') + (rule.measure === 'line' ? '_line' : '');
}
