// Sends a file in pieces. When the line breaks it waits, and goes on where it stopped; nothing is sent twice.

import { setUpRecorder } from './record.js';
import { api, requestHeaders, sessionEnded, words } from './session.js';

const PIECE = 2 * 1024 * 1024;
const RETRY_FIRST = 1000;
const RETRY_LONGEST = 30000;

// Loaded with the first field, so that it is there when the line is not.
let tus = null;
function loadTus() {
  // The package's build for browsers is a plain script, which names itself in the window.
  tus ??= import('../vendor/tus.min.js').then(() => window.tus);
  return tus;
}

class Field {
  constructor(root) {
    this.root = root;
    this.texts = words();
    this.input = root.querySelector('input[type="hidden"]');
    this.picks = [...root.querySelectorAll('[data-pick]')];
    this.choices = root.querySelector('.upload-choices');
    this.progress = root.querySelector('.upload-progress');
    this.done = root.querySelector('.upload-done');
    this.status = root.querySelector('.upload-status');
    this.upload = null;
    this.timer = 0;
    this.failures = 0;
    this.run = 0;
  }

  listen() {
    const { root } = this;
    for (const button of root.querySelectorAll('[data-choose]')) {
      button.addEventListener('click', () => this.picks[Number(button.dataset.choose)].click());
    }
    for (const pick of this.picks) {
      pick.addEventListener('change', () => {
        if (pick.files[0]) this.begin(pick.files[0]);
        // The same file can be chosen again.
        pick.value = '';
      });
    }
    root.addEventListener('dragover', (event) => {
      event.preventDefault();
      root.classList.toggle('is-over', !this.choices.hidden);
    });
    root.addEventListener('dragleave', () => root.classList.remove('is-over'));
    root.addEventListener('drop', (event) => this.dropped(event));
    root.querySelector('[data-cancel]').addEventListener('click', () => this.cancel());
    root.querySelector('[data-take-back]').addEventListener('click', () => this.takeBack());
    window.addEventListener('online', () => this.goOn());
    window.addEventListener('offline', () => {
      if (this.upload) this.say('upload_waiting', true);
    });
    // A form that is sent too early would be sent without its file.
    root.closest('form')?.addEventListener('submit', (event) => {
      if (!this.upload || !root.isConnected) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.say('upload_first', true);
    }, { capture: true });
    window.addEventListener('beforeunload', (event) => {
      if (this.upload && root.isConnected) event.preventDefault();
    });
    this.show(this.input.value ? this.done : this.choices);
  }

  dropped(event) {
    event.preventDefault();
    this.root.classList.remove('is-over');
    const [file, second] = event.dataTransfer?.files ?? [];
    if (!file || this.choices.hidden) return;
    this.begin(file);
    if (second) this.say('upload_one');
  }

  // One part is shown at a time; whoever pressed a button that is gone now goes on in the part that took its place.
  show(part) {
    const parts = [this.choices, this.progress, this.done, this.root.querySelector('.recorder')];
    const hadFocus = parts.some((one) => one !== part && one.contains(document.activeElement));
    for (const one of parts) one.hidden = one !== part;
    if (hadFocus) (part === this.choices ? part.querySelector('button') : part).focus();
  }

  say(key, isTrouble = false) {
    this.tell(key ? this.texts[key] : '', isTrouble);
  }

  tell(text, isTrouble = false) {
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.classList.toggle('is-trouble', isTrouble);
  }

  async begin(file) {
    this.run += 1;
    const { run } = this;
    this.failures = 0;
    this.root.querySelectorAll('.upload-name').forEach((line) => { line.textContent = file.name; });
    this.progress.querySelector('progress').value = 0;
    this.show(this.progress);
    this.say('upload_sending');
    const { Upload } = await loadTus();
    if (run !== this.run) return;
    this.upload = new Upload(file, {
      endpoint: this.root.dataset.upload,
      chunkSize: PIECE,
      headers: { ...requestHeaders(), Accept: 'application/json' },
      metadata: { filename: file.name },
      // Names of files are nothing that a browser others use may keep.
      storeFingerprintForResuming: false,
      // Trying again is ours, because only we know when somebody is to be told.
      retryDelays: null,
      onProgress: (sent, all) => this.sent(run, sent, all),
      onSuccess: () => this.finish(run),
      onError: (problem) => this.failed(run, problem.originalResponse),
    });
    this.upload.start();
  }

  sent(run, sent, all) {
    if (run !== this.run || !this.upload) return;
    this.progress.querySelector('progress').value = Math.floor((sent / all) * 100);
    if (sent && navigator.onLine) this.say('upload_sending');
  }

  // `response` is tus-js-client's; there is none when the line is down.
  failed(run, response) {
    if (run !== this.run) return;
    const status = response?.getStatus() ?? 0;
    let body = {};
    try {
      body = JSON.parse(response?.getBody() ?? '');
    } catch { /* Somebody in between answered with a page. */ }
    this.judge(run, status, body, () => this.upload?.start());
  }

  // Tries again what time can mend; says plainly what it cannot.
  judge(run, status, body, again) {
    if (status === 401 || body.code === 'form_token') {
      this.stop();
      this.show(this.choices);
      this.say('upload_failed', true);
      sessionEnded();
    } else if (!status || status >= 500 || [408, 409, 423, 429].includes(status)) {
      this.failures += 1;
      this.say(status ? 'upload_again' : 'upload_waiting', true);
      this.waiting = again;
      clearTimeout(this.timer);
      const pause = Math.min(RETRY_FIRST * 2 ** (this.failures - 1), RETRY_LONGEST);
      this.timer = setTimeout(() => this.goOn(run), pause);
    } else {
      this.stop();
      this.show(this.choices);
      this.tell(this.reason(body), true);
    }
  }

  reason({ code, title, mend, details }) {
    const limit = { file_too_large: 'upload_limit', quota_reached: 'upload_room' }[code];
    const more = limit ? this.texts[limit].replace('{megabytes}', details?.megabytes) : '';
    const sentence = title && !/[.!?]$/.test(title) ? `${title}.` : title;
    return [sentence, more, mend].filter(Boolean).join(' ') || this.texts.upload_failed;
  }

  goOn(run = this.run) {
    const { waiting } = this;
    if (run !== this.run || !waiting) return;
    this.waiting = null;
    clearTimeout(this.timer);
    waiting();
  }

  async finish(run) {
    if (run !== this.run) return;
    this.say('upload_checking');
    let status = 0;
    let body = {};
    try {
      const response = await api('POST', `${this.upload.url}/finish`, {});
      status = response.status;
      body = await response.json();
    } catch { /* No line, or a page of somebody in between: the status tells which. */ }
    if (run !== this.run) return;
    if (status === 200 && body.id) this.ready(body);
    // Another request may be finishing it; its answer is the same.
    else this.judge(run, status === 200 ? 500 : status, body, () => this.finishOrSend(run, body));
  }

  finishOrSend(run, { code }) {
    if (code === 'upload_incomplete') this.upload.start();
    else this.finish(run);
  }

  ready(facts) {
    this.stop();
    this.input.value = facts.id;
    this.root.querySelectorAll('.upload-name').forEach((line) => { line.textContent = facts.name; });
    const picture = this.done.querySelector('img');
    picture.hidden = !facts.thumbnail;
    if (facts.thumbnail) picture.src = facts.thumbnail;
    this.show(this.done);
    this.say('upload_ready');
    this.root.dispatchEvent(new CustomEvent('file-ready', { bubbles: true, detail: facts }));
  }

  stop() {
    this.run += 1;
    this.upload = null;
    this.waiting = null;
    clearTimeout(this.timer);
  }

  cancel() {
    // The server forgets it too; where it cannot be told, it clears away by itself.
    this.upload?.abort(true).catch(() => {});
    this.stop();
    this.show(this.choices);
    this.say('upload_cancelled');
  }

  takeBack() {
    this.input.value = '';
    this.show(this.choices);
    this.say('');
    this.root.dispatchEvent(new CustomEvent('file-gone', { bubbles: true }));
  }
}

export function setUpUpload(root) {
  if (root.dataset.ready) return;
  root.dataset.ready = 'yes';
  loadTus().catch(() => { tus = null; });
  const field = new Field(root);
  field.listen();
  if ('records' in root.dataset) {
    setUpRecorder(root.querySelector('.recorder'), root.querySelectorAll('[data-record]'), {
      texts: field.texts,
      open: () => field.show(root.querySelector('.recorder')),
      close: () => field.show(field.choices),
      say: (key, isTrouble) => field.say(key, isTrouble),
      use: (file) => field.begin(file),
    });
  }
}
