// The picker's questions: add, move, remove with undo; and a preview that follows.

const PAUSE = 400;

export function setUpPicker(form) {
  // After the last reflection went into the basket there is nothing to edit until another kind is chosen.
  if (form.dataset.ready || form.elements.editing.value === '0') return;
  form.dataset.ready = 'yes';
  const rows = form.querySelector('#rows');
  const undo = form.querySelector('.undo');
  const preview = form.querySelector('#preview');
  let removed = null;
  let timer = 0;

  form.elements.time_zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const useLanguage = form.querySelector('#use-language');
  useLanguage.hidden = true;
  const locale = form.querySelector('#locale');
  locale.addEventListener('change', () => form.requestSubmit(useLanguage));
  // Somebody may have chosen before this script was there.
  if (locale.value !== form.elements.form_locale.value) form.requestSubmit(useLanguage);

  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx.trigger(preview, 'refresh'), PAUSE);
  };
  const add = (text, source) => {
    const row = document.getElementById('row').content.firstElementChild.cloneNode(true);
    const field = row.querySelector('textarea');
    field.value = text;
    row.querySelector('input').value = source;
    rows.append(row);
    name();
    field.focus();
    refresh();
  };
  // Each field has a label of its own, also after rows moved.
  const name = () => {
    [...rows.children].forEach((row, index) => {
      const field = row.querySelector('textarea');
      field.id = `question_${index}`;
      row.querySelector('label').htmlFor = field.id;
      row.querySelector('.number').textContent = index + 1;
    });
  };
  const move = (row, by) => {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    name();
    row.querySelector(`[data-move="${by}"]`).focus();
    refresh();
  };
  const remove = (row) => {
    removed = { row, before: row.nextElementSibling };
    row.remove();
    name();
    undo.hidden = false;
    undo.querySelector('button').focus();
    refresh();
  };

  form.addEventListener('input', (event) => {
    // Typing points means points.
    if (event.target.name === 'points') form.elements.grading.value = 'points';
    refresh();
  });
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const row = button.closest('.row');
    if (button.dataset.move) move(row, Number(button.dataset.move));
    else if ('remove' in button.dataset) remove(row);
    else if (button.dataset.add === 'own') add('', '');
    else if (button.dataset.add === 'bank') {
      const chosen = form.querySelector('#bank').selectedOptions[0];
      add(chosen.textContent, chosen.value);
    } else if ('undo' in button.dataset && removed) {
      if (removed.before?.isConnected) removed.before.before(removed.row);
      else rows.append(removed.row);
      name();
      undo.hidden = true;
      removed.row.querySelector('textarea').focus();
      refresh();
    }
  });
  // Enter in a one-line field would press the first button, which chooses another kind.
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('input:not([type=radio]):not([type=checkbox])')) {
      event.preventDefault();
    }
  });
}
