// A plan told slide by slide: buttons, arrow keys, and the whole screen where the frame may have it.
// Without this script the slides follow each other on one page.

const KEYS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1, Home: -Infinity, End: Infinity };
const BUSY = 'input, select, textarea, summary, video, audio, form, [contenteditable]';

export function setUpStory(story) {
  if (story.dataset.ready) return;
  const slides = [...story.querySelectorAll('.slide')];
  const steps = story.querySelector('.story-steps');
  const place = steps.querySelector('[data-place]');
  const [back, next] = steps.querySelectorAll('[data-go]');
  let present = 0;

  const show = (number, withFocus = true) => {
    present = Math.max(0, Math.min(number, slides.length - 1));
    slides.forEach((slide, index) => { slide.hidden = index !== present; });
    place.textContent = story.dataset.count.replace('{number}', present + 1).replace('{all}', slides.length);
    // Not disabled: the button that was just pressed would lose the keyboard.
    back.setAttribute('aria-disabled', present === 0);
    next.setAttribute('aria-disabled', present === slides.length - 1);
    if (!withFocus) return;
    for (const film of story.querySelectorAll('video, audio')) film.pause();
    slides[present].querySelector('[tabindex]').focus({ preventScroll: true });
    slides[present].scrollIntoView({ block: 'nearest' });
  };

  back.addEventListener('click', () => show(present - 1));
  next.addEventListener('click', () => show(present + 1));
  const onKey = (event) => {
    // Pages are exchanged where no cookie is kept; what listened for the old one ends with it.
    if (!story.isConnected) { document.removeEventListener('keydown', onKey); return; }
    if (!(event.key in KEYS) || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest(BUSY)) return;
    event.preventDefault();
    show(present + KEYS[event.key]);
  };
  document.addEventListener('keydown', onKey);

  fillScreen(story, steps.querySelector('[data-fill]'));
  // A frame that grows with its page must not ask for the height of its window: it would grow for ever.
  if (window.parent === window) story.dataset.alone = '';
  steps.hidden = false;
  story.dataset.ready = 'yes';
  show(0, false);
}

function fillScreen(story, button) {
  if (!document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    const done = document.fullscreenElement ? document.exitFullscreen() : story.requestFullscreen();
    done.catch(() => { button.hidden = true; });
  });
}
