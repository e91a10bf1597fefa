// Keeps what is typed: saves it in the background, tries again when the line drops, and never lets go of a word.
// What is saved and how it looks on the page is for the classes that extend this one.

import { drawer } from './drawer.js';
import { sessionEnded } from './session.js';

const PAUSE = 700;
const RETRY_FIRST = 1000;
const RETRY_LONGEST = 30000;
const KEEPALIVE_LIMIT = 60000; // Browsers refuse more than 64 KiB of such requests at once.

export class Saver {
  // `report` is called whenever the page has something else to say about this one.
  constructor(report, drawerName) {
    this.report = report;
    this.drawerName = drawerName;
    this.sending = null;
    this.timer = 0;
    this.failures = 0;
    this.trouble = '';
    this.message = '';
    this.isStopped = false;
  }

  // An extending class has:
  //   isUnsaved             whether the page holds something that the server does not have
  //   base                  the version that it was typed over
  //   take()                what is to be sent now
  //   kept                  what the drawer is to hold, when that is more
  //   baseOf(value)         the version that this was typed over, when that is another one
  //   asText(value)         the same for the drawer
  //   put(value, base, options)  sends it
  //   taken(value, body)    the server has it now
  //   elsewhere(body, value)  somebody else changed it meanwhile
  //   isTooLong(code)       whether a refusal means that it must be shortened

  get canSend() {
    return this.isUnsaved;
  }

  get kept() {
    return this.take();
  }

  baseOf() {
    return this.base;
  }

  remember() {
    if (this.isUnsaved) drawer.write(this.drawerName, this.asText(this.kept), this.base);
    else drawer.clear(this.drawerName);
  }

  changed(pause = PAUSE) {
    this.remember();
    this.report();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  // One request at a time, so that versions follow each other.
  save() {
    clearTimeout(this.timer);
    if (this.isStopped || this.trouble === 'conflict' || !this.canSend) return this.sending ?? Promise.resolve();
    this.sending ??= this.send().finally(() => { this.sending = null; });
    return this.sending;
  }

  // The page may be gone in a moment: what is not on its way yet goes now, behind what is.
  saveAtOnce() {
    clearTimeout(this.timer);
    if (this.isStopped || this.trouble === 'conflict' || !this.canSend) return;
    if (!this.sending) this.save();
    else {
      const value = this.take();
      this.dispatch(value, this.baseOf(value) + 1).catch(() => {});
    }
  }

  dispatch(value, base) {
    return this.put(value, base, { keepalive: this.asText(value).length * 3 < KEEPALIVE_LIMIT });
  }

  async send() {
    const value = this.take();
    this.report();
    let response;
    try {
      response = await this.dispatch(value, this.baseOf(value));
    } catch {
      this.again(navigator.onLine ? 'trouble' : 'offline');
      return;
    }
    const body = await response.json().catch(() => ({}));
    if (response.ok) this.accepted(value, body);
    else if (response.status === 409 && body.current) this.conflict(body, value);
    else if (response.status === 401 || body.code === 'form_token') this.stop('ended', '', sessionEnded);
    else if (this.isTooLong(body.code)) this.refused('long');
    else if (response.status >= 500 || response.status === 408 || response.status === 429) this.again('trouble');
    else this.refuse(body, value);
  }

  accepted(value, body) {
    this.taken(value, body);
    this.failures = 0;
    this.trouble = '';
    this.message = '';
    if (this.canSend) this.changed();
    else this.remember();
    this.report();
  }

  conflict(body, value) {
    this.trouble = 'conflict';
    this.elsewhere(body, value);
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

  // Will be tried again when it is something else.
  refused(reason, message = '') {
    this.trouble = reason;
    this.message = message;
    this.report();
  }

  refuse(body) {
    this.stop('refused', [body.title, body.mend].filter(Boolean).join('. '));
  }

  stop(reason, message, then = () => {}) {
    this.isStopped = true;
    this.trouble = reason;
    this.message = message;
    this.report();
    then();
  }
}

// Says in the page's one line how it stands with all of them.
export function reporter(status, savers, texts) {
  return () => {
    const troubled = savers().find((saver) => saver.trouble);
    const isBusy = savers().some((saver) => saver.isUnsaved);
    const state = troubled?.trouble ?? (isBusy ? 'saving' : 'saved');
    const text = troubled?.message || texts[state];
    if (status.textContent !== text) status.textContent = text;
    status.dataset.state = state;
  };
}

// Saves when the line is back and when the page is left; a browser asks before it closes over unsaved words.
export function watchLeaving(root, savers) {
  window.addEventListener('online', () => savers().forEach((saver) => saver.save()));
  const leave = () => savers().forEach((saver) => saver.saveAtOnce());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') leave();
  });
  window.addEventListener('pagehide', leave);
  window.addEventListener('beforeunload', (event) => {
    if (root.isConnected && !root.dataset.sending && savers().some((saver) => saver.isUnsaved)) event.preventDefault();
  });
}

// Newer browsers let a field grow by style sheet alone.
export function grow(field) {
  if (CSS.supports('field-sizing', 'content')) return;
  const fit = () => {
    if (field.scrollHeight > field.clientHeight) field.style.height = `${field.scrollHeight + 4}px`;
  };
  field.addEventListener('input', fit);
  field.addEventListener('focus', fit);
}
