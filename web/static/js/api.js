// Asking the server: strict about errors, whose words come from the server.

import { boot } from './words.js';

export const base = boot.study ? `${location.origin}/api/v1/studies/${boot.study.name}` : '';

// Chinese pages say a known fault in Chinese; the server's own words are English.
function told(problem) {
  return (boot.lang === 'zh' && boot.words[`problem.${problem?.code}`]) || problem?.detail;
}

export async function ask(path, query = {}) {
  const url = new URL(base + path);
  const standard = new URLSearchParams(location.search).get('standard');
  if (standard) url.searchParams.set('standard', standard);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url);
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Error(told(body) ?? `${response.status} ${response.statusText}`);
  return body;
}
