// Parts of a page that are folded: a link into one opens it, and paper has all of them.

function openAround(element) {
  for (let fold = element?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
}

// Not every browser opens by itself what it is sent into, and none does when a script has brought the page.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  openAround(target);
  target?.scrollIntoView();
}

const closed = () => document.querySelectorAll('details.fold:not([open]), details.fold-line:not([open])');
let forPaper = [];

window.addEventListener('hashchange', openTarget);
window.addEventListener('beforeprint', () => {
  forPaper = [...closed()];
  forPaper.forEach((fold) => { fold.open = true; });
});
window.addEventListener('afterprint', () => {
  forPaper.forEach((fold) => { fold.open = false; });
  forPaper = [];
});

export function setUpFolds() {
  if (window.location.hash) openTarget();
}
