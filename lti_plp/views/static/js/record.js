// Records voice or video in the page: pause, listen to it, record it again, and only then use it.

const LIMIT = { audio: 10 * 60, video: 5 * 60 };
const WANTED = {
  audio: { audio: true },
  // Small enough for a school's line, and sharp enough for a face or a poster.
  video: { audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' } },
};
const RATES = { audioBitsPerSecond: 48000, videoBitsPerSecond: 1200000 };
// The first that a browser can make. Safari makes MP4, others WebM.
const TYPES = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/webm'],
  video: ['video/webm;codecs=vp8,opus', 'video/mp4', 'video/webm'],
};
const ENDINGS = { 'audio/webm': 'weba', 'audio/mp4': 'm4a', 'video/webm': 'webm', 'video/mp4': 'mp4' };

// What can be done in each state.
const ACTIONS = {
  asking: ['leave'],
  recording: ['stop', 'pause', 'leave'],
  paused: ['stop', 'resume', 'leave'],
  recorded: ['use', 'again', 'leave'],
};

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

class Recorder {
  // `field` shows this panel and takes the recording: { texts, open, close, say, use }.
  constructor(root, field) {
    this.root = root;
    this.field = field;
    this.time = root.querySelector('[data-time]');
    this.live = root.querySelector('[data-live]');
    this.replay = {
      audio: root.querySelector('[data-replay-audio]'),
      video: root.querySelector('[data-replay-video]'),
    };
    this.seconds = 0;
    this.attempt = 0;
    for (const button of root.querySelectorAll('[data-do]')) {
      button.addEventListener('click', () => this[button.dataset.do]());
    }
    window.addEventListener('pagehide', () => this.release());
  }

  show(state) {
    for (const button of this.root.querySelectorAll('[data-do]')) {
      button.hidden = !ACTIONS[state].includes(button.dataset.do);
    }
    this.live.hidden = this.kind !== 'video' || !['recording', 'paused'].includes(state);
    for (const [kind, player] of Object.entries(this.replay)) player.hidden = state !== 'recorded' || kind !== this.kind;
    this.root.dataset.state = state;
    // Whoever records by keyboard finds the next thing to do at hand.
    if (this.root.contains(document.activeElement) || document.activeElement === document.body) {
      this.root.querySelector('[data-do]:not([hidden])').focus();
    }
  }

  async start(kind) {
    this.kind = kind;
    this.attempt += 1;
    const { attempt } = this;
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      this.field.say('record_unable', true);
      return;
    }
    this.field.open();
    this.show('asking');
    this.tick();
    this.field.say('record_asking');
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WANTED[kind]);
      if (attempt === this.attempt) this.record(stream);
      else stream.getTracks().forEach((track) => track.stop());
    } catch (problem) {
      if (attempt === this.attempt) this.refused(problem);
    }
  }

  refused(problem) {
    this.release();
    this.field.close();
    const missing = ['NotFoundError', 'OverconstrainedError', 'NotReadableError'].includes(problem.name);
    this.field.say(missing ? 'record_missing' : 'record_denied', true);
  }

  record(stream) {
    this.stream = stream;
    this.pieces = [];
    this.seconds = 0;
    const mimeType = TYPES[this.kind].find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, { mimeType, ...RATES });
    this.recorder.addEventListener('dataavailable', (event) => this.pieces.push(event.data));
    this.recorder.addEventListener('stop', () => this.recorded());
    this.recorder.start(1000);
    if (this.kind === 'video') {
      this.live.srcObject = stream;
      this.live.play().catch(() => {});
    }
    this.since = performance.now();
    this.timer = setInterval(() => this.tick(), 250);
    this.show('recording');
    this.field.say('record_running');
  }

  get elapsed() {
    return this.seconds + (this.since ? (performance.now() - this.since) / 1000 : 0);
  }

  tick() {
    const limit = LIMIT[this.kind];
    this.time.textContent = this.field.texts.record_time
      .replace('{time}', clock(Math.min(this.elapsed, limit)))
      .replace('{limit}', clock(limit));
    if (this.elapsed >= limit && this.recorder?.state === 'recording') {
      this.isFull = true;
      this.stop();
    }
  }

  pause() {
    this.recorder.pause();
    this.seconds = this.elapsed;
    this.since = 0;
    this.show('paused');
    this.field.say('record_paused');
  }

  resume() {
    this.recorder.resume();
    this.since = performance.now();
    this.show('recording');
    this.field.say('record_running');
  }

  stop() {
    this.seconds = this.elapsed;
    this.since = 0;
    this.recorder.stop();
  }

  recorded() {
    const wasLeft = !this.stream;
    this.release();
    if (wasLeft) return;
    if (!this.pieces.some((piece) => piece.size)) {
      this.field.close();
      this.field.say('record_empty', true);
      return;
    }
    const [type] = this.recorder.mimeType.split(';');
    const day = new Date().toLocaleDateString('en-CA');
    const name = `${this.field.texts[`record_${this.kind}_name`]} ${day}.${ENDINGS[type] ?? 'webm'}`;
    this.file = new File(this.pieces, name, { type });
    this.address = URL.createObjectURL(this.file);
    this.replay[this.kind].src = this.address;
    this.show('recorded');
    this.field.say(this.isFull ? 'record_limit' : 'record_done');
    this.isFull = false;
  }

  again() {
    this.forget();
    this.start(this.kind);
  }

  use() {
    const { file } = this;
    this.forget();
    this.field.use(file);
  }

  leave() {
    this.attempt += 1;
    this.release();
    this.forget();
    this.field.close();
    this.field.say('');
  }

  // Camera and microphone are let go, and their lights go out.
  release() {
    clearInterval(this.timer);
    this.since = 0;
    const { stream, recorder } = this;
    this.stream = null;
    this.live.srcObject = null;
    if (recorder && recorder.state !== 'inactive') recorder.stop();
    stream?.getTracks().forEach((track) => track.stop());
  }

  forget() {
    for (const player of Object.values(this.replay)) {
      player.pause();
      player.removeAttribute('src');
    }
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.file = null;
    this.seconds = 0;
  }
}

export function setUpRecorder(root, buttons, field) {
  const recorder = new Recorder(root, field);
  for (const button of buttons) button.addEventListener('click', () => recorder.start(button.dataset.record));
}
