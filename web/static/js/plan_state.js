// The scenario on the page: one document, every step of it kept, the draft remembered by the browser.

import { boot, t } from './words.js';

export const FORMAT = 'lifecircle-scenario/1';
const STEPS = 50;
const KEY = `lifecircle-whatif-${boot.study.name}`;

export const blank = (name = t('plan.unnamed')) => ({ format: FORMAT, name, edits: [] });

// Steps to and fro; each knows the words of what it did.
export function history(first) {
  const past = [];
  let future = [];
  let now = first;
  return {
    get now() { return now; },
    get undoes() { return past.at(-1)?.action ?? ''; },
    get redoes() { return future.at(-1)?.action ?? ''; },
    put(next, action) {
      past.push({ doc: now, action });
      if (past.length > STEPS) past.shift();
      future = [];
      now = next;
    },
    // the same step, told better
    amend(next) { now = next; },
    undo() {
      const step = past.pop();
      if (step) { future.push({ doc: now, action: step.action }); now = step.doc; }
      return step?.action;
    },
    redo() {
      const step = future.pop();
      if (step) { past.push({ doc: now, action: step.action }); now = step.doc; }
      return step?.action;
    },
  };
}

// What is sent and saved: without what is empty.
export function fileOf(doc) {
  const filled = (value) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== '' && one !== null && one !== undefined));
  return JSON.stringify({ ...filled(doc), edits: doc.edits.map(filled) });
}

export function keepDraft(draft) {
  try { localStorage.setItem(KEY, JSON.stringify(draft)); } catch { /* a full or closed store only loses the draft */ }
}

export function draft() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    return found?.doc?.format === FORMAT && Array.isArray(found.doc.edits) ? found : null;
  } catch { return null; }
}
