// Triage by keys: a level, confirm, write, skip. Beginnings of comments are made personal before they go.

const isTyping = (target) => target.matches('textarea, input:not([type=radio]):not([type=checkbox]), select');

const OFF = 'lti-plp-keys-off';

// A browser may refuse to keep anything; then the choice holds for this page.
function kept(change) {
  try {
    return change(window.localStorage);
  } catch {
    return null;
  }
}

function setUpSwitch(form) {
  const label = document.querySelector('[data-keys-switch]');
  if (!label) return;
  const box = label.querySelector('input');
  const show = () => { form.dataset.keys = box.checked ? 'on' : 'off'; };
  box.checked = !kept((storage) => storage.getItem(OFF));
  box.addEventListener('change', () => {
    kept((storage) => (box.checked ? storage.removeItem(OFF) : storage.setItem(OFF, '1')));
    show();
  });
  label.hidden = false;
  show();
}

// Tab and Shift+Tab go on from the first one, Enter takes it.
function openStarters(details) {
  details.open = true;
  details.querySelector('[data-starter]')?.focus();
}

// A beginning with a gap begins to be edited there.
function begin(text, words) {
  text.value = words;
  text.focus();
  const gap = words.indexOf('…');
  if (gap >= 0) text.setSelectionRange(gap, gap + 1);
}

// A letter rates the first proficiency that has no rating yet; p takes all of them back.
function takeRating(form, key) {
  const groups = [...form.querySelectorAll('[data-rates]')];
  if (!groups.length) return false;
  if (key === 'p') {
    for (const one of form.querySelectorAll('[data-rates] input')) one.checked = false;
    groups[0].querySelector('input').focus();
    return true;
  }
  const group = groups.find((one) => !one.querySelector('input:checked')) ?? groups[0];
  const field = group.querySelector(`[data-rate-key="${CSS.escape(key)}"]`);
  if (!field) return false;
  field.focus();
  field.checked = true;
  return true;
}

function setUpKeys(form) {
  document.addEventListener('keydown', (event) => {
    if (!form.isConnected || form.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === 's') {
      document.querySelector('[data-skip]')?.click();
      return;
    }
    if (takeRating(form, event.key)) {
      event.preventDefault();
      return;
    }
    const field = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!field) return;
    event.preventDefault();
    if (field.localName === 'summary') {
      openStarters(field.parentElement);
      return;
    }
    field.focus();
    if (field.type === 'radio') field.checked = true;
    if (field.type === 'checkbox') field.checked = !field.checked;
  });
}

function setUpStarters(form) {
  const text = form.elements.text;
  const note = form.querySelector('[data-personal]');
  let begun = null;
  let wasAsked = false;
  for (const button of form.querySelectorAll('[data-starter]')) {
    button.addEventListener('click', () => {
      begun = button.textContent;
      begin(text, begun);
    });
  }
  form.addEventListener('submit', (event) => {
    if (wasAsked || begun === null || text.value.trim() !== begun.trim()) return;
    // Once only: whoever means it so sends it again.
    wasAsked = true;
    event.preventDefault();
    event.stopImmediatePropagation();
    note.hidden = false;
    note.closest('details').open = true;
    text.focus();
  }, { capture: true });
}

export function setUpTriage(form) {
  if (form.dataset.keys) return;
  form.dataset.keys = 'on';
  setUpSwitch(form);
  setUpKeys(form);
  setUpStarters(form);
}
