// Triage by keys: a level, confirm, write, skip. Beginnings of comments are made personal before they go.

const isTyping = (target) => target.matches('textarea, input:not([type=radio]):not([type=checkbox]), select');

function setUpKeys(form) {
  document.addEventListener('keydown', (event) => {
    if (!form.isConnected || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === 's') {
      document.querySelector('[data-skip]')?.click();
      return;
    }
    const field = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!field) return;
    event.preventDefault();
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
      text.value = begun;
      text.focus();
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
  form.dataset.keys = 'yes';
  setUpKeys(form);
  setUpStarters(form);
}
