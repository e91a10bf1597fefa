// The server knows no time zone and groups by the days of UTC; here they become the reader's own days.

import { showTimes } from './times.js';

const dayOf = (entry) => new Date(entry.dataset.at).toDateString();

export function regroup(list) {
  const sections = [...list.querySelectorAll('[data-day]')];
  const entries = [...list.querySelectorAll('[data-at]')];
  const isRight = sections.every((section) => new Set([...section.querySelectorAll('[data-at]')].map(dayOf)).size === 1)
    && new Set(entries.map(dayOf)).size === sections.length;
  if (!entries.length || isRight) return;
  const empty = sections[0].cloneNode(true);
  empty.querySelector('ol').replaceChildren();
  const days = new Map();
  for (const entry of entries) {
    if (!days.has(dayOf(entry))) {
      const section = empty.cloneNode(true);
      section.querySelector('h2 time').dateTime = entry.dataset.at;
      days.set(dayOf(entry), section);
    }
    days.get(dayOf(entry)).querySelector('ol').append(entry);
  }
  list.replaceChildren(...days.values());
  showTimes(list);
}
