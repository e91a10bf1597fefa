// Choosing among many proficiencies: what was found and ticked stands with what was chosen before the next search.

function keepTicked(event) {
  const label = event.target.closest('[data-found] label');
  if (!label || !event.target.checked) return;
  event.currentTarget.querySelector('[data-chosen]').append(label);
  event.target.focus();
}

// What stands there already is not offered twice: two boxes of one thing could contradict each other.
function dropDoubles(boxes) {
  const there = new Set([...boxes.querySelectorAll('[data-chosen] input')].map((one) => one.value));
  for (const box of boxes.querySelectorAll('[data-found] input')) {
    if (there.has(box.value)) box.closest('label').remove();
  }
}

export function setUpProficiencies(boxes) {
  if (boxes.dataset.ready) return;
  boxes.dataset.ready = '1';
  boxes.addEventListener('change', keepTicked);
  boxes.addEventListener('htmx:afterSwap', () => dropDoubles(boxes));
}
