// A file that the page asks for with the session's token, and then hands over to the browser.

import { requestHeaders, say, sessionEnded, words } from './session.js';

async function download(link) {
  const answer = await fetch(link.href, { headers: requestHeaders(), credentials: 'same-origin' });
  if (answer.status === 401) return sessionEnded();
  if (!answer.ok) return say(link, words().failed);
  const file = document.createElement('a');
  file.href = URL.createObjectURL(await answer.blob());
  file.download = link.dataset.download;
  file.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
  return undefined;
}

export function setUpDownload(link) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    download(link).catch(() => say(link, words().unreachable));
  });
}
