// Saves answers while they are typed. Nothing typed is lost: not when the line drops, not when the tab closes.

import { drawer } from './drawer.js';
import { Saver, grow, reporter, watchLeaving } from './saver.js';
import { api, say, words } from './session.js';
import { setUpSteps } from './steps.js';

class Answer extends Saver {
  constructor(form, section, report) {
    const field = section.querySelector('textarea');
    const key = field.name.replace('answer_', '');
    super(report, `${form.dataset.draft}:${key}`);
    this.section = section;
    this.field = field;
    // Answers are saved one by one beside the address that the whole form is sent to.
    this.url = form.action.replace(/submit$/, `answers/${key}`);
    this.revisionField = section.querySelector('input[name^="revision_"]');
    // What the server sent: on a slow line somebody may have typed before this ran.
    this.saved = this.field.defaultValue;
    this.field.addEventListener('input', () => this.changed());
    this.field.addEventListener('blur', () => this.save());
  }

  get base() {
    return Number(this.revisionField.value);
  }

  set base(value) {
    this.revisionField.value = value;
  }

  get isUnsaved() {
    return this.field.value !== this.saved;
  }

  take() {
    return this.field.value;
  }

  asText(value) {
    return value;
  }

  put(text, base, options) {
    return api('PUT', this.url, { text, base_revision: base }, options);
  }

  taken(text, body) {
    this.saved = text;
    this.base = body.revision;
  }

  isTooLong(code) {
    return code === 'answer_too_long';
  }

  // Puts back what an earlier page could not save any more; says whether there was something.
  restore() {
    const kept = drawer.read(this.drawerName);
    if (!kept || kept.text === this.field.value) {
      drawer.clear(this.drawerName);
      return false;
    }
    const there = { text: this.field.value, revision: this.base };
    this.field.value = kept.text;
    if (kept.base === there.revision) this.save();
    else this.conflict({ current: there });
    return true;
  }

  // Another window saved meanwhile. The server kept this text aside; here stand both until one is chosen.
  elsewhere({ current }) {
    this.other = current;
    const box = document.getElementById('other-version').content.firstElementChild.cloneNode(true);
    this.section.querySelector('.other-version')?.remove();
    box.querySelector('.words').textContent = current.text;
    box.addEventListener('click', (event) => {
      const choice = event.target.dataset?.choice;
      if (choice) this.choose(choice, box);
    });
    this.section.append(box);
  }

  choose(choice, box) {
    const mine = this.field.value;
    const { text, revision } = this.other;
    this.field.value = { mine, other: text, both: `${mine}\n\n${text}` }[choice];
    this.saved = text;
    this.base = revision;
    this.trouble = '';
    box.remove();
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
    this.field.focus();
    this.save();
  }
}

export function setUpAutosave(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = 'yes';
  const texts = words();
  const status = document.getElementById('saved');
  const sections = [...form.querySelectorAll('.question')];
  for (const section of sections) grow(section.querySelector('textarea'));
  if ('preview' in form.dataset) {
    setUpSteps(form, sections, texts, () => {});
    return;
  }
  const report = reporter(status, () => answers, texts);
  const answers = sections.map((section) => new Answer(form, section, report));
  const saveAll = () => Promise.all(answers.map((answer) => answer.save()));
  setUpSteps(form, sections, texts, saveAll);
  for (const answer of answers) if (answer.isUnsaved) answer.changed();
  const restored = answers.map((answer) => answer.restore()).some(Boolean);
  for (const section of sections) showKept(section, answers[sections.indexOf(section)]);
  if (restored && !answers.some((answer) => answer.trouble)) status.textContent = texts.restored;
  watchLeaving(form, () => answers);
  watchSending(form, answers, saveAll, texts);
}

// The server's page after sending with a conflict brings the other version along.
function showKept(section, answer) {
  const other = section.querySelector('[data-other-revision]');
  if (!other) return;
  const revision = Number(other.dataset.otherRevision);
  answer.conflict({ current: { text: other.querySelector('.words').textContent, revision } });
}

// Sending waits until every word is saved; without a line nothing is sent, and everything stays where it is.
function watchSending(form, answers, saveAll, texts) {
  const isUnsaved = () => answers.some((answer) => answer.isUnsaved || answer.sending);
  let isWaiting = false;

  // Says what stands in the way of sending, and shows it; true when nothing does.
  const mayBeSent = (button) => {
    const stuck = answers.find((answer) => answer.trouble);
    if (stuck) {
      const needsAChange = ['conflict', 'long'].includes(stuck.trouble);
      if (needsAChange) form.dispatchEvent(new CustomEvent('show-question', { detail: stuck.section }));
      say(needsAChange ? stuck.field : button, stuck.message || texts[stuck.trouble]);
    } else if (!('done' in form.dataset) && !answers.some((answer) => answer.field.value.trim())) {
      // What is done in the plan may be asked for without a question.
      if (answers.length) form.dispatchEvent(new CustomEvent('show-question', { detail: answers[0].section }));
      say(answers.length ? answers[0].field : button, texts.nothing);
    } else {
      return true;
    }
    return false;
  };

  const sendLater = async (button) => {
    isWaiting = true;
    for (let round = 0; round < 3 && isUnsaved(); round += 1) await saveAll();
    // A form takes no second submission while the first one's event is under way.
    await new Promise((resolve) => { setTimeout(resolve); });
    isWaiting = false;
    if (mayBeSent(button)) form.requestSubmit(button);
  };

  form.addEventListener(
    'submit',
    (event) => {
      if (!isWaiting && !isUnsaved() && mayBeSent(event.submitter)) {
        form.dataset.sending = 'yes';
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!isWaiting && isUnsaved()) sendLater(event.submitter);
    },
    { capture: true },
  );
  // Back in a page that the browser had kept: it may be sent again.
  window.addEventListener('pageshow', () => { delete form.dataset.sending; });
  document.addEventListener('htmx:sendError', () => { delete form.dataset.sending; });
}
