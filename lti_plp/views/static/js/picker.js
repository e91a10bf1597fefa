// The picker: questions to add, move and remove with undo; a preview that follows; dates in the browser's time zone.

const PAUSE = 400;

export function setUpPicker(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = 'yes';
  form.elements.time_zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  watchEnter(form);
  // When all that is wanted lies in the basket there is nothing to edit until something else is chosen.
  if (form.elements.editing.value !== '0') setUpForm(form);
}

// Enter in a one-line field would press the first button, which places everything.
function watchEnter(form) {
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('input:not([type=radio]):not([type=checkbox])')) return;
    event.preventDefault();
    const meant = document.getElementById(event.target.dataset.enter);
    if (meant) form.requestSubmit(meant);
  });
}

function setUpForm(form) {
  const preview = form.querySelector('#preview');
  let timer = 0;
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx.trigger(preview, 'refresh'), PAUSE);
  };
  form.addEventListener('input', (event) => {
    // Typing points means points.
    if (event.target.name === 'points') form.elements.grading.value = 'points';
    refresh();
  });
  const useLanguage = form.querySelector('#use-language');
  // A link that opens a page has neither questions nor a language of its own.
  if (!useLanguage) return;
  useLanguage.hidden = true;
  const locale = form.querySelector('#locale');
  locale.addEventListener('change', () => form.requestSubmit(useLanguage));
  // Somebody may have chosen before this script was there.
  if (locale.value !== form.elements.form_locale.value) form.requestSubmit(useLanguage);
  setUpQuestions(form, refresh);
}

function setUpQuestions(form, refresh) {
  const rows = form.querySelector('#rows');
  const undo = form.querySelector('.undo');
  let removed = null;

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
}
