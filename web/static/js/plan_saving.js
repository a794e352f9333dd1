// Saving, opening and handing on: scenarios of the study, files, downloads that say what they are.

import { showSaved } from './plan_list.js';
import { download, evaluate, offer, openSaved, removeSaved, save, savedScenarios } from './plan_server.js';
import { blank, fileOf, keepDraft } from './plan_state.js';
import { draw, put, showTab } from './plan_draw.js';
import { $, doc, guarded, page, state, tell } from './plan_page.js';
import { boot, t } from './words.js';

const NONE = { name: null, tag: null, text: '' };

export const saveNow = guarded(async () => {
  const sent = doc();
  const mine = sent.name === state.saved.name;
  const dated = sent.date ? sent : { ...sent, date: new Date().toLocaleDateString('sv') };
  let made;
  try { made = await save(dated, mine ? state.saved.tag : null); } catch (fault) {
    if (!['name_taken', 'changed_since'].includes(fault.code)) throw fault;
    if (!confirm(t(`plan.${fault.code}`, { name: sent.name }))) return;
    made = await save(dated);
  }
  if (doc() === sent) page.steps.amend(dated);
  state.saved = { name: made.name, tag: made.tag, text: fileOf({ ...dated, name: made.name }) };
  tell(t('plan.saved', { name: made.name }));
  keepDraft({ doc: doc(), saved: state.saved });
  await listSaved();
  draw();
});

export const listSaved = async () => {
  const scenarios = await savedScenarios();
  $('tab-saved').textContent = t('plan.tab_saved', { n: scenarios.length });
  showSaved($('saved'), scenarios, { chosen: state.saved.name, acts: {
    open: guarded(async (name) => {
      const found = await openSaved(name);
      state.saved = { name, tag: found.tag, text: fileOf(found.doc) };
      await put(found.doc, t('plan.act.open', { name }));
      showTab('edits');
    }),
    remove: guarded(async (name) => {
      if (!confirm(t('plan.delete_sure', { name }))) return;
      await removeSaved(name);
      if (state.saved.name === name) state.saved = NONE;
      await listSaved();
      draw();
    }) } });
};

export const openFile = guarded(async (file) => {
  const text = await file.text();
  let found;
  try { found = JSON.parse(text); } catch { throw new Error(t('plan.no_json')); }
  if (!Array.isArray(found?.edits)) throw new Error(t('plan.no_json'));
  if (found.format === undefined) found.format = blank().format;
  const { unread } = await evaluate({ name: file.name, ...found });
  if (unread) throw new Error(unread);
  state.saved = NONE;
  await put(found, t('plan.act.open', { name: found.name }));
  showTab('edits');
});

const fileName = (what) => `${t('plan.mark_file')}-${boot.study.name}-${doc().name}${what}`;

export function startNew() {
  state.saved = NONE;
  put(blank(), t('plan.act.new'));
  showTab('edits');
}

export const saveFile = () => offer(new Blob([JSON.stringify(JSON.parse(fileOf(doc())), null, 1)], { type: 'application/json' }), fileName('.json'));

export const saveChanges = guarded(async (ending) => offer(await download(doc(), ending), fileName(`-changes.${ending}`)));
