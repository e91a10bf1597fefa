// What the page around a tool's frame offers: storage, height, closing (LTI Client Side postMessages).
(() => {
  const frame = document.getElementById('tool');
  const origins = new Set(frame.dataset.origins.split(' ').filter(Boolean));
  const storageOn = frame.dataset.storage === 'on';
  const MAX_KEYS = 100;
  const MAX_LENGTH = 4096;
  const stored = new Map();

  const answer = (event, content) => {
    event.source.postMessage(
      { subject: `${event.data.subject}.response`, message_id: event.data.message_id, ...content },
      event.origin,
    );
  };
  const refuse = (event, code, message) => answer(event, { error: { code, message } });
  const isText = (value) => typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH;

  const subjects = {
    'lti.capabilities': (event) => answer(event, {
      supported_messages: [
        { subject: 'lti.capabilities' },
        { subject: 'lti.frameResize' },
        ...(storageOn ? [{ subject: 'lti.put_data', frame: '_parent' }, { subject: 'lti.get_data', frame: '_parent' }] : []),
      ],
    }),
    'lti.put_data': (event) => {
      const { key, value } = event.data;
      // Data belong to the origin that put them there.
      const mine = stored.get(event.origin) ?? new Map();
      if (!isText(key) || !(value === null || isText(value))) return refuse(event, 'bad_request', 'key and value must be short texts');
      if (value !== null && mine.size >= MAX_KEYS && !mine.has(key)) return refuse(event, 'storage_exhaustion', 'too many keys');
      if (value === null) mine.delete(key);
      else mine.set(key, value);
      stored.set(event.origin, mine);
      return answer(event, { key, value });
    },
    'lti.get_data': (event) => {
      const { key } = event.data;
      if (!isText(key)) return refuse(event, 'bad_request', 'key must be a short text');
      return answer(event, { key, value: stored.get(event.origin)?.get(key) ?? null });
    },
    'lti.frameResize': (event) => {
      const height = Number(event.data.height);
      if (Number.isFinite(height)) frame.style.height = `${Math.min(Math.max(height, 200), 20000)}px`;
    },
    'org.imsglobal.lti.close': () => {
      frame.hidden = true;
      const closed = document.getElementById('closed');
      if (closed) closed.hidden = false;
    },
  };

  window.addEventListener('message', (event) => {
    const data = event.data;
    if (typeof data !== 'object' || data === null) return;
    if (data.sandbox === 'picked' && event.origin === window.location.origin) {
      const form = document.getElementById('picked');
      form.elements.handle.value = data.handle;
      form.submit();
      return;
    }
    if (event.source !== frame.contentWindow || typeof data.subject !== 'string') return;
    const isStorage = data.subject === 'lti.put_data' || data.subject === 'lti.get_data';
    if (isStorage && (!storageOn || !origins.has(event.origin))) return;
    if (typeof data.message_id !== 'string' && (isStorage || data.subject === 'lti.capabilities')) return;
    subjects[data.subject]?.(event);
  });
})();
