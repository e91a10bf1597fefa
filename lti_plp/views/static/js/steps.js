// One question at a time, then all answers to look over; or everything at once.

export function setUpSteps(form, sections, texts, saveAll) {
  if (form.dataset.layout !== 'one' || sections.length < 2) return;
  const steps = form.querySelector('.walk');
  const finish = form.querySelector('.finish');
  const audience = form.querySelector('.audience');
  const parts = [...sections, finish];
  let present = 0;

  const show = (number, withFocus = true) => {
    present = Math.max(0, Math.min(number, sections.length));
    parts.forEach((part, index) => { part.hidden = index !== present; });
    const isLast = present === sections.length;
    steps.hidden = isLast;
    audience.hidden = isLast;
    steps.querySelector('[data-back]').hidden = present === 0;
    if (isLast) fillOverview(form.querySelector('.overview'), sections, texts, show);
    if (withFocus) (isLast ? form.querySelector('.finish-title') : sections[present].querySelector('textarea')).focus();
    saveAll();
  };

  steps.querySelector('[data-next]').addEventListener('click', () => show(present + 1));
  for (const back of form.querySelectorAll('[data-back]')) {
    back.hidden = false;
    back.addEventListener('click', () => show(present - 1));
  }
  form.addEventListener('show-question', (event) => show(sections.indexOf(event.detail)));
  form.classList.add('stepped');
  show(firstOpen(sections), false);
}

// Goes on where the student stopped: at a conflict, else at the first question without an answer.
function firstOpen(sections) {
  const conflict = sections.findIndex((section) => section.querySelector('.other-version'));
  if (conflict >= 0) return conflict;
  const fields = sections.map((section) => section.querySelector('textarea'));
  // Somebody may have begun to type before this ran.
  const typing = fields.findIndex((field) => field.value !== field.defaultValue);
  const open = fields.findIndex((field) => !field.defaultValue.trim());
  return [typing, open].find((index) => index >= 0) ?? sections.length;
}

function fillOverview(overview, sections, texts, show) {
  overview.hidden = false;
  overview.replaceChildren(...sections.flatMap((section, index) => entry(section, texts, () => show(index))));
}

function entry(section, texts, change) {
  const question = document.createElement('dt');
  question.textContent = section.querySelector('label').textContent;
  question.lang = section.lang;
  const answer = document.createElement('dd');
  const text = document.createElement('p');
  const typed = section.querySelector('textarea').value.trim();
  text.className = typed ? 'words' : 'quiet';
  text.textContent = typed || texts.empty;
  const edit = document.createElement('button');
  edit.type = 'button';
  edit.className = 'link';
  edit.textContent = texts.edit;
  edit.setAttribute('aria-label', `${texts.edit}: ${question.textContent}`);
  edit.addEventListener('click', change);
  answer.append(text, edit);
  return [question, answer];
}
