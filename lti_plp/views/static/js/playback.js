// Where no cookie is kept, the address of a file is good for some minutes. When it has expired, a new one is asked for,
// and a film goes on where it was.

import { requestHeaders } from './session.js';

const AT_MOST_EVERY = 5000;

async function freshAddress(element) {
  const response = await fetch(element.dataset.facts, {
    headers: { ...requestHeaders(), Accept: 'application/json' },
    credentials: 'same-origin',
  });
  return response.ok ? response.json() : null;
}

async function renew(element) {
  const now = Date.now();
  // A file that is gone stays gone.
  if (now - Number(element.dataset.renewed ?? 0) < AT_MOST_EVERY) return;
  element.dataset.renewed = now;
  const facts = await freshAddress(element).catch(() => null);
  if (!facts) return;
  const place = element.currentTime;
  const wasPlaying = 'paused' in element && !element.paused;
  element.src = element.dataset.part === 'thumbnail' ? facts.thumbnail : facts.address;
  if (place) element.addEventListener('loadedmetadata', () => { element.currentTime = place; }, { once: true });
  if (wasPlaying) element.play().catch(() => {});
}

export function setUpPlayback(element) {
  if (element.dataset.ready) return;
  element.dataset.ready = 'yes';
  if (element.matches('a')) {
    // A link is renewed before it is followed: a page of an hour ago would lead nowhere.
    element.addEventListener('pointerenter', () => renewLink(element));
    element.addEventListener('focus', () => renewLink(element));
    return;
  }
  element.addEventListener('error', () => renew(element));
  // It may have failed before this ran.
  if (element.error || (element.matches('img') && element.complete && !element.naturalWidth)) renew(element);
}

async function renewLink(link) {
  if (!link.search.includes('key=')) return;
  const now = Date.now();
  if (now - Number(link.dataset.renewed ?? 0) < 60000) return;
  link.dataset.renewed = now;
  const facts = await freshAddress(link).catch(() => null);
  if (facts) link.href = facts.address;
}
