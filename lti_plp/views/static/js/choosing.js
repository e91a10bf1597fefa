// One box at the head of a list chooses everybody in it.

export function setUpChoosing(form) {
  const all = form.querySelector('[data-all]');
  const boxes = [...form.querySelectorAll('input[name="student"]')];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener('change', () => boxes.forEach((box) => { box.checked = all.checked; }));
  form.addEventListener('change', (event) => { if (event.target !== all) show(); });
  all.closest('label').hidden = false;
  show();
}
