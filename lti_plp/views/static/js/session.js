// What every request of a page must carry. The bearer token of a cookieless session lives in this module's memory only.

const meta = (name) => document.querySelector(`meta[name="${name}"]`);

const bearerTag = meta('plp-bearer');
const bearer = bearerTag ? bearerTag.content : null;
bearerTag?.remove();

// The first page is the answer to the launch itself; a reload must ask for the page, not launch again.
const address = document.body.dataset.address;
if (address) history.replaceState(history.state, '', address);

export function requestHeaders() {
  const headers = { 'X-CSRF-Token': meta('csrf-token')?.content ?? '' };
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  return headers;
}

// Sends JSON and returns the answer; rejects only when there is none.
export function api(method, url, body, options = {}) {
  return fetch(url, {
    method,
    headers: { ...requestHeaders(), 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
    credentials: 'same-origin',
    redirect: 'error',
    ...options,
  });
}

// The texts that scripts show, in the reader's language: the server writes them into the page.
export function words() {
  return Object.assign({}, ...[...document.querySelectorAll('script[data-words]')].map((tag) => JSON.parse(tag.textContent)));
}

// The session has ended: what is on the page stays there.
export function sessionEnded() {
  const dialog = document.getElementById('gone');
  if (dialog && !dialog.open) dialog.showModal();
}

// Says what did not work beside what was pressed; one such line at a time.
export function say(element, text) {
  document.querySelector('.not-sent')?.remove();
  const line = document.createElement('p');
  line.className = 'note attention not-sent';
  line.setAttribute('role', 'alert');
  const beside = element?.closest?.('.steps, .question, form') ?? document.getElementById('main');
  if (beside.matches('.steps')) beside.after(line);
  else beside.append(line);
  line.textContent = text;
}

export function watchHtmx() {
  document.addEventListener('htmx:configRequest', (event) => {
    Object.assign(event.detail.headers, requestHeaders());
  });
  // A page of the browser's history is asked for anew, past the event above.
  document.addEventListener('htmx:historyCacheMiss', (event) => {
    for (const [name, value] of Object.entries(requestHeaders())) event.detail.xhr.setRequestHeader(name, value);
  });
  document.addEventListener('htmx:beforeSwap', (event) => {
    const { xhr, requestConfig, elt } = event.detail;
    const sends = requestConfig?.verb !== 'get';
    if (xhr.status === 401) {
      event.detail.shouldSwap = false;
      sessionEnded();
    } else if (xhr.status >= 500 && (sends || event.detail.target !== document.body)) {
      // What somebody typed is worth more than our error page.
      event.detail.shouldSwap = false;
      if (sends) say(elt, words().failed);
    }
  });
  document.addEventListener('htmx:sendError', (event) => {
    const { requestConfig, elt, boosted } = event.detail;
    if (boosted || requestConfig?.verb !== 'get') say(elt, words().unreachable);
  });
}
