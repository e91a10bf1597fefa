// A field for a day and a time speaks of the reader's own clock; the server knows moments in UTC.

function local(moment) {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function setUpMoment(field) {
  field.form.elements.time_zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  if (field.dataset.moment) field.value = local(new Date(field.dataset.moment));
  for (const note of field.form.querySelectorAll('[data-utc]')) note.remove();
}
