// Where a value comes from: a fold that also opens under the pointer and with the keyboard's focus, and closes with Escape.

export function setUpFromWhere(fold) {
  let byItself = false;
  const open = () => {
    if (fold.open) return;
    byItself = true;
    fold.open = true;
  };
  const close = () => {
    if (!byItself) return;
    byItself = false;
    fold.open = false;
  };
  const summary = fold.querySelector('summary');
  // A finger's tap is a click, which the fold knows by itself.
  fold.addEventListener('pointerenter', (event) => { if (event.pointerType === 'mouse') open(); });
  fold.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse' && !fold.contains(document.activeElement)) close();
  });
  summary.addEventListener('focus', () => { if (summary.matches(':focus-visible')) open(); });
  fold.addEventListener('focusout', (event) => { if (!fold.contains(event.relatedTarget)) close(); });
  // What opened by itself stays when it is asked for.
  summary.addEventListener('click', (event) => {
    if (!byItself) return;
    event.preventDefault();
    byItself = false;
  });
  fold.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !fold.open) return;
    byItself = false;
    fold.open = false;
    summary.focus();
  });
}
