// Shows moments in the reader's own time zone and language; the server writes UTC.

const FORMS = {
  long: { weekday: 'short', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  clock: { hour: 'numeric', minute: '2-digit' },
  short: { month: 'short', day: 'numeric' },
  date: { month: 'short', day: 'numeric', year: 'numeric' },
  // A date that is no moment: the same day everywhere.
  day: { month: 'short', day: 'numeric', year: 'numeric', timeZone: 'UTC' },
  month: { month: 'long', year: 'numeric', timeZone: 'UTC' },
  // A month of whatever year.
  monthname: { month: 'long', timeZone: 'UTC' },
};

export function showTimes(root) {
  for (const element of root.querySelectorAll('time[data-when]')) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const form = new Intl.DateTimeFormat(document.documentElement.lang, FORMS[element.dataset.when]);
    element.textContent = form.format(moment);
  }
}
