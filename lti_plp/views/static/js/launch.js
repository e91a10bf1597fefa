// The pages on the way in and out. Which of them this is shows in the forms that it has.

// A frame may be there before the platform's own script listens, so the question is asked again for a while.
const ASK_EVERY = 300;
const ANSWER_WITHIN = 6000;
const PROBE = '__Host-lti_plp_probe';

// Asks the platform's storage (LTI Client Side postMessages); resolves with the answer, or null when there is none.
function askStorage(form, message) {
  const { storageTarget, platformOrigin } = form.dataset;
  const platform = window.parent !== window ? window.parent : window.opener;
  if (!storageTarget || !platform) return Promise.resolve(null);
  let frame = platform;
  if (storageTarget !== '_parent') {
    try { frame = platform.frames[storageTarget] ?? platform; } catch { frame = platform; }
  }
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    const finish = (answer) => {
      clearTimeout(timer);
      clearInterval(asking);
      window.removeEventListener('message', listen);
      resolve(answer);
    };
    const listen = (event) => {
      const data = event.data;
      if (event.origin !== platformOrigin || typeof data !== 'object' || data === null) return;
      if (data.message_id !== id || data.subject !== `${message.subject}.response`) return;
      finish(data.error ? null : data);
    };
    const timer = setTimeout(() => finish(null), ANSWER_WITHIN);
    window.addEventListener('message', listen);
    // The value is a secret: it goes to the platform's own origin and nowhere else.
    const ask = () => frame.postMessage({ ...message, message_id: id }, platformOrigin);
    const asking = setInterval(ask, ASK_EVERY);
    ask();
  });
}

function keepsCookies() {
  try {
    document.cookie = `${PROBE}=1; Path=/; Secure; SameSite=None; Partitioned; Max-Age=60`;
    const kept = document.cookie.includes(`${PROBE}=1`);
    document.cookie = `${PROBE}=; Path=/; Secure; SameSite=None; Partitioned; Max-Age=0`;
    return kept;
  } catch {
    return false;
  }
}

async function goOn(form) {
  // By address, not by form: a form's policy would hold the browser back where the platform redirects to another host.
  const leave = () => window.location.replace(form.dataset.address);
  if (keepsCookies()) {
    leave();
    return;
  }
  const { storageKey: key, storageValue: value } = form.dataset;
  const answer = await askStorage(form, { subject: 'lti.put_data', key, value });
  if (answer && answer.key === key && answer.value === value) {
    leave();
    return;
  }
  document.getElementById('going').hidden = true;
  document.getElementById('new-window').hidden = false;
}

async function confirmBrowser(form) {
  const answer = await askStorage(form, { subject: 'lti.get_data', key: form.dataset.storageKey });
  if (answer && typeof answer.value === 'string') {
    form.elements.value.value = answer.value;
    form.submit();
    return;
  }
  document.getElementById('going').hidden = true;
  document.getElementById('no-answer').hidden = false;
}

// The button stays: a window that was closed by mistake can be opened again.
document.querySelector('#new-window form')?.addEventListener('submit', () => {
  document.getElementById('opened').hidden = false;
});

const begin = document.getElementById('continue');
const confirming = document.getElementById('confirm');
const returning = document.getElementById('return');
if (begin) goOn(begin);
if (confirming) confirmBrowser(confirming);
if (returning) returning.submit();
document.getElementById('close')?.addEventListener('click', () => {
  (window.opener ?? window.parent).postMessage({ subject: 'org.imsglobal.lti.close' }, '*');
});
