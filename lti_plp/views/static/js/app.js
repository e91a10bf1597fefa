// Wires a page's parts together, after loading and after each piece that htmx brings.

import { setUpAutosave } from './autosave.js';
import { drawer } from './drawer.js';
import { scrollToTop, watchHeight } from './frame.js';
import { setUpPicker } from './picker.js';
import { setUpReview } from './review.js';
import { watchHtmx } from './session.js';
import { showTimes } from './times.js';

// Pages without files do not wait for what only files need: the sooner typed words are safe.
async function setUpFiles(root) {
  const fields = root.querySelectorAll('[data-upload]');
  const files = root.querySelectorAll('[data-facts]');
  const adding = root.querySelector('form.evidence-form');
  if (fields.length) {
    const [{ setUpUpload }, evidence] = await Promise.all([import('./upload.js'), adding && import('./evidence.js')]);
    // The form comes first: it knows how to wait for a file, which can be on its way as soon as its field is set up.
    evidence?.setUpEvidence(adding);
    fields.forEach((field) => setUpUpload(field));
  }
  if (files.length) {
    const { setUpPlayback } = await import('./playback.js');
    files.forEach((file) => setUpPlayback(file));
  }
}

async function setUpPlan(root) {
  const forms = root.querySelectorAll('form.in-place');
  if (!forms.length) return;
  const { setUpInPlace } = await import('./inplace.js');
  setUpInPlace([...forms]);
}

async function setUpGrowth(root) {
  const boxes = root.querySelectorAll('[data-proficiencies]');
  const guides = root.querySelectorAll('[data-guide]');
  if (boxes.length) {
    const { setUpProficiencies } = await import('./proficiencies.js');
    boxes.forEach((one) => setUpProficiencies(one));
  }
  if (guides.length) {
    const { setUpGuide } = await import('./guide.js');
    guides.forEach((one) => setUpGuide(one));
  }
}

// Pages on which a plan is told.
async function setUpTelling(root) {
  const days = root.querySelectorAll('[data-days]');
  const story = root.querySelector('[data-story]');
  const print = root.querySelectorAll('[data-print]');
  if (days.length) {
    const { regroup } = await import('./days.js');
    days.forEach((list) => regroup(list));
  }
  if (story) {
    const { setUpStory } = await import('./story.js');
    setUpStory(story);
  }
  for (const button of print) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}

async function setUpFolded(root) {
  if (!root.querySelector('details.fold')) return;
  const { setUpFolds } = await import('./folds.js');
  setUpFolds();
}

async function setUpSources(root) {
  const folds = root.querySelectorAll('[data-from-where]');
  if (!folds.length) return;
  const { setUpFromWhere } = await import('./fromwhere.js');
  folds.forEach((fold) => setUpFromWhere(fold));
}

async function setUpLists(root) {
  const lists = root.querySelectorAll('form.many');
  if (!lists.length) return;
  const { setUpChoosing } = await import('./choosing.js');
  lists.forEach((list) => setUpChoosing(list));
}

async function setUpReading(root) {
  const forms = root.querySelectorAll('form.triage');
  if (!forms.length) return;
  const { setUpTriage } = await import('./triage.js');
  forms.forEach((form) => setUpTriage(form));
}

async function setUpMoments(root) {
  const fields = root.querySelectorAll('input[type="datetime-local"][data-moment]');
  if (!fields.length) return;
  const { setUpMoment } = await import('./moment.js');
  fields.forEach((field) => setUpMoment(field));
}

// A browser that keeps no cookie cannot follow a link to a file by itself.
async function setUpDownloads(root) {
  const links = document.body.hasAttribute('hx-boost') ? root.querySelectorAll('a[data-download]') : [];
  if (!links.length) return;
  const { setUpDownload } = await import('./download.js');
  links.forEach((link) => setUpDownload(link));
}

function setUp(root) {
  setUpDownloads(root);
  showTimes(root);
  setUpMoments(root);
  setUpTelling(root);
  setUpFolded(root);
  setUpSources(root);
  setUpFiles(root);
  setUpPlan(root);
  setUpGrowth(root);
  setUpLists(root);
  setUpReading(root);
  for (const form of root.querySelectorAll('form.reflection')) setUpAutosave(form);
  for (const form of root.querySelectorAll('form.picker')) setUpPicker(form);
  for (const form of root.querySelectorAll('form.rating')) setUpReview(form);
  // Words that never reached the server wait in the browser, also when the page shows what was sent before.
  for (const note of root.querySelectorAll('[data-unsaved]')) note.hidden = !drawer.holds(note.dataset.unsaved);
  root.querySelector('#problems')?.focus();
  const added = root.querySelector('[data-added]');
  added?.scrollIntoView({ block: 'center' });
  added?.focus({ preventScroll: true });
  // Back to the platform; a plain form, because it leaves this tool.
  root.querySelector('form#return')?.submit();
}

// Who sees it is said in a sentence beside the choice, and again beside the button where there is one.
document.addEventListener('change', ({ target }) => {
  const sentence = target.selectedOptions?.[0]?.dataset.about;
  if (!sentence) return;
  const beside = document.getElementById(target.getAttribute('aria-describedby'));
  for (const line of [beside, target.form?.querySelector('[data-who-sees]')]) {
    if (line) line.textContent = sentence;
  }
});

watchHtmx();
watchHeight();
// Where cookies are blocked a link pressed before htmx has it in hand would leave the session: the page waits, inert.
if (document.body.inert) {
  document.addEventListener('DOMContentLoaded', () => {
    document.body.inert = false;
    setUp(document);
  });
} else {
  setUp(document);
}

// Where cookies are blocked htmx brings whole pages; their name and language belong to the body it leaves in place.
function takeName(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  document.body.dataset.page = page.body.dataset.page ?? '';
  document.documentElement.lang = page.documentElement.lang;
}

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.detail.target === document.body) takeName(event.detail.xhr.responseText);
});
document.addEventListener('htmx:afterSettle', (event) => {
  if (event.detail.target !== document.body) {
    showTimes(event.detail.elt);
    setUpFiles(event.detail.elt);
    setUpPlan(event.detail.elt);
    return;
  }
  scrollToTop();
  setUp(document.body);
  // As after a real page change, reading begins at the top.
  if (!document.activeElement || document.activeElement === document.body) document.getElementById('main')?.focus();
});
document.addEventListener('htmx:historyRestore', (event) => {
  if (event.detail.serverResponse) takeName(event.detail.serverResponse);
  setUp(document.body);
});
