// What is chosen in a scoring guide lies around a level. It is said, and never set: the level is the rater's.

function middle(places) {
  const ordered = [...places].sort((one, other) => one - other);
  return ordered[Math.floor((ordered.length - 1) / 2)];
}

export function setUpGuide(guide) {
  if (guide.dataset.ready) return;
  guide.dataset.ready = '1';
  const line = guide.querySelector('[data-suggested]');
  const show = () => {
    const chosen = [...guide.querySelectorAll('input:checked')];
    if (!chosen.length) return;
    const place = middle(chosen.map((one) => Number(one.dataset.place)));
    const label = guide.querySelector(`input[data-place="${place}"]`).dataset.label;
    line.textContent = guide.dataset.says.replace('{}', label);
  };
  guide.addEventListener('change', show);
  show();
}
