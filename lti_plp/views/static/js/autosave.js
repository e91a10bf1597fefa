// Saves answers while they are typed. Nothing typed is lost: not when the line drops, not when the tab closes.

import { drawer } from './drawer.js';
import { api, say, sessionEnded, words } from './session.js';
import { setUpSteps } from './steps.js';

const PAUSE = 700;
const RETRY_FIRST = 1000;
const RETRY_LONGEST = 30000;
const KEEPALIVE_LIMIT = 60000; // Browsers refuse more than 64 KiB of such requests at once.

class Answer {
  constructor(form, section, report) {
    this.section = section;
    this.field = section.querySelector('textarea');
    const key = this.field.name.replace('answer_', '');
    // Answers are saved one by one beside the address that the whole form is sent to.
    this.url = form.action.replace(/submit$/, `answers/${key}`);
    this.revisionField = section.querySelector('input[name^="revision_"]');
    this.report = report;
    this.drawerName = `${form.dataset.draft}:${key}`;
    // What the server sent: on a slow line somebody may have typed before this ran.
    this.saved = this.field.defaultValue;
    this.sending = null;
    this.timer = 0;
    this.failures = 0;
    this.trouble = '';
    this.message = '';
    this.isStopped = false;
    this.field.addEventListener('input', () => this.changed());
    this.field.addEventListener('blur', () => this.save());
  }

  get revision() {
    return Number(this.revisionField.value);
  }

  set revision(value) {
    this.revisionField.value = value;
  }

  get isUnsaved() {
    return this.field.value !== this.saved;
  }

  // Puts back what an earlier page could not save any more; says whether there was something.
  restore() {
    const kept = drawer.read(this.drawerName);
    if (!kept || kept.text === this.field.value) {
      drawer.clear(this.drawerName);
      return false;
    }
    const there = { text: this.field.value, revision: this.revision };
    this.field.value = kept.text;
    if (kept.base === there.revision) this.save();
    else this.elsewhere(there);
    return true;
  }

  changed() {
    drawer.write(this.drawerName, this.field.value, this.revision);
    this.report();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  // One request at a time for an answer, so that revisions follow each other.
  save() {
    clearTimeout(this.timer);
    if (this.isStopped || this.trouble === 'conflict' || !this.isUnsaved) return this.sending ?? Promise.resolve();
    this.sending ??= this.send().finally(() => { this.sending = null; });
    return this.sending;
  }

  // The page may be gone in a moment: what is not on its way yet goes now, behind what is.
  saveAtOnce() {
    clearTimeout(this.timer);
    if (this.isStopped || this.trouble === 'conflict' || !this.isUnsaved) return;
    if (!this.sending) this.save();
    else this.put(this.field.value, this.revision + 1).catch(() => {});
  }

  put(text, base) {
    const keepalive = text.length * 3 < KEEPALIVE_LIMIT;
    return api('PUT', this.url, { text, base_revision: base }, { keepalive });
  }

  async send() {
    const text = this.field.value;
    this.report();
    let response;
    try {
      response = await this.put(text, this.revision);
    } catch {
      this.again(navigator.onLine ? 'trouble' : 'offline');
      return;
    }
    const body = await response.json().catch(() => ({}));
    if (response.ok) this.accepted(text, body.revision);
    else if (response.status === 409 && body.current) this.elsewhere(body.current);
    else if (response.status === 401 || body.code === 'form_token') this.stop('ended', '', sessionEnded);
    else if (body.code === 'answer_too_long') this.refused('long');
    else if (response.status >= 500 || response.status === 408 || response.status === 429) this.again('trouble');
    else this.stop('refused', [body.title, body.mend].filter(Boolean).join('. '));
  }

  accepted(text, revision) {
    this.saved = text;
    this.revision = revision;
    this.failures = 0;
    this.trouble = '';
    if (this.isUnsaved) this.changed();
    else drawer.clear(this.drawerName);
    this.report();
  }

  again(reason) {
    this.trouble = reason;
    this.report();
    const pause = Math.min(RETRY_FIRST * 2 ** this.failures, RETRY_LONGEST);
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  // Will be tried again when the text is another one.
  refused(reason) {
    this.trouble = reason;
    this.report();
  }

  stop(reason, message, then = () => {}) {
    this.isStopped = true;
    this.trouble = reason;
    this.message = message;
    this.report();
    then();
  }

  // Another window saved meanwhile. The server kept this text aside; here stand both until one is chosen.
  elsewhere(other) {
    this.trouble = 'conflict';
    this.other = other;
    const box = document.getElementById('other-version').content.firstElementChild.cloneNode(true);
    this.section.querySelector('.other-version')?.remove();
    box.querySelector('.words').textContent = other.text;
    box.addEventListener('click', (event) => {
      const choice = event.target.dataset?.choice;
      if (choice) this.choose(choice, box);
    });
    this.section.append(box);
    this.report();
  }

  choose(choice, box) {
    const mine = this.field.value;
    const { text, revision } = this.other;
    this.field.value = { mine, other: text, both: `${mine}\n\n${text}` }[choice];
    this.saved = text;
    this.revision = revision;
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
  const report = () => {
    const troubled = answers.find((answer) => answer.trouble);
    const isBusy = answers.some((answer) => answer.isUnsaved);
    const state = troubled?.trouble ?? (isBusy ? 'saving' : 'saved');
    const text = troubled?.message || texts[state];
    if (status.textContent !== text) status.textContent = text;
    status.dataset.state = state;
  };
  const answers = sections.map((section) => new Answer(form, section, report));
  const saveAll = () => Promise.all(answers.map((answer) => answer.save()));
  setUpSteps(form, sections, texts, saveAll);
  for (const answer of answers) if (answer.isUnsaved) answer.changed();
  const restored = answers.map((answer) => answer.restore()).some(Boolean);
  for (const section of sections) showKept(section, answers[sections.indexOf(section)]);
  if (restored && !answers.some((answer) => answer.trouble)) status.textContent = texts.restored;
  watchLeaving(form, answers, saveAll);
  watchSending(form, answers, saveAll, texts);
}

// The server's page after sending with a conflict brings the other version along.
function showKept(section, answer) {
  const other = section.querySelector('[data-other-revision]');
  if (!other) return;
  answer.elsewhere({ text: other.querySelector('.words').textContent, revision: Number(other.dataset.otherRevision) });
}

function watchLeaving(form, answers, saveAll) {
  window.addEventListener('online', saveAll);
  const leave = () => answers.forEach((answer) => answer.saveAtOnce());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') leave();
  });
  window.addEventListener('pagehide', leave);
  window.addEventListener('beforeunload', (event) => {
    if (form.isConnected && !form.dataset.sending && answers.some((answer) => answer.isUnsaved)) event.preventDefault();
  });
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
    } else if (!answers.some((answer) => answer.field.value.trim())) {
      form.dispatchEvent(new CustomEvent('show-question', { detail: answers[0].section }));
      say(answers[0].field, texts.nothing);
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

// Newer browsers let a field grow by style sheet alone.
function grow(field) {
  if (CSS.supports('field-sizing', 'content')) return;
  const fit = () => {
    if (field.scrollHeight > field.clientHeight) field.style.height = `${field.scrollHeight + 4}px`;
  };
  field.addEventListener('input', fit);
  field.addEventListener('focus', fit);
}
