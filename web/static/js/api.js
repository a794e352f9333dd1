// Asking the server: strict about errors, whose words come from the server.

import { boot } from './words.js';

export const base = boot.study ? `${location.origin}/api/v1/studies/${encodeURIComponent(boot.study.name)}` : '';

// Chinese pages say a known fault in Chinese; the server's own words are English.
export function told(problem) {
  return (boot.lang === 'zh' && boot.words[`problem.${problem?.code}`]) || problem?.detail || problem?.message;
}

// What the server refused: `code`, and every fault in `problems`.
export class Refusal extends Error {
  constructor(response, body) {
    super(told(body) ?? `${response.status} ${response.statusText}`);
    this.status = response.status;
    this.code = body?.code;
    this.problems = body?.problems ?? [];
  }
}

// The answer as it came; `ask` reads it as JSON.
export async function send(path, { query = {}, ...options } = {}) {
  const url = new URL(base + path);
  const standard = new URLSearchParams(location.search).get('standard');
  if (standard) url.searchParams.set('standard', standard);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, options);
  if (!response.ok) throw new Refusal(response, await response.json().catch(() => null));
  return response;
}

export async function ask(path, query = {}) {
  return (await send(path, { query })).json();
}
