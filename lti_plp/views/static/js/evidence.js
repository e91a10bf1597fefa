// The form that adds evidence: waits for a file that is still on its way, asks for words beside pictures and sounds,
// and keeps what is typed until it is saved.

import { drawer } from './drawer.js';
import { say, words } from './session.js';

const MEDIA = ['image', 'video', 'audio'];

export function setUpEvidence(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = 'yes';
  const fields = [...form.querySelectorAll('textarea, input#url')];
  const media = form.querySelector('.for-media');
  const part = (name) => form.querySelector(`.${name}:not([hidden])`);
  let isWaiting = false;

  const keep = () => {
    const typed = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    if (fields.some((field) => field.value)) drawer.write(form.dataset.draft, JSON.stringify(typed), 0);
    else drawer.clear(form.dataset.draft);
  };

  const restore = () => {
    const kept = drawer.read(form.dataset.draft);
    // What the server sends back after a problem is newer.
    if (!kept || fields.some((field) => field.value)) return;
    let typed = {};
    try {
      typed = JSON.parse(kept.text);
    } catch { /* Not of ours. */ }
    for (const field of fields) field.value = typed[field.name] ?? '';
    const status = document.getElementById('saved');
    if (status) status.textContent = words().restored;
  };

  form.addEventListener('input', keep);
  form.addEventListener('file-ready', ({ detail }) => {
    media.hidden = !MEDIA.includes(detail.kind);
    if (isWaiting) form.requestSubmit();
  });
  form.addEventListener('file-gone', () => { media.hidden = true; });
  form.addEventListener('click', (event) => {
    if (event.target.closest('[data-cancel]')) isWaiting = false;
  });
  // Before htmx takes it: what is sent now would lack the file.
  form.addEventListener('submit', (event) => {
    const recorder = part('recorder');
    const isRecorded = recorder?.dataset.state === 'recorded';
    // Whoever saves after recording wants to use it.
    if (isRecorded) recorder.querySelector('[data-do="use"]').click();
    isWaiting = isRecorded || Boolean(part('upload-progress'));
    if (!isWaiting && !recorder) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(form.querySelector(':scope > .steps'), words()[isWaiting ? 'evidence_waits' : 'evidence_recording']);
  }, { capture: true });
  form.addEventListener('htmx:afterRequest', ({ detail }) => {
    // Our pages of errors are swapped in as well, and count as successes to htmx.
    if (detail.xhr.status >= 200 && detail.xhr.status < 300) drawer.clear(form.dataset.draft);
  });
  restore();
}
