// Tells the platform how high this page is, so that there is one scroll bar only. Nothing secret is said.

let last = 0;

function tell(message) {
  // The platform's page may have another address than its services; a height may be known to anybody.
  if (window.parent !== window) window.parent.postMessage(message, '*');
}

function measure() {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  if (height === last) return;
  last = height;
  tell({ subject: 'lti.frameResize', height });
}

export function watchHeight() {
  if (window.parent === window) return;
  new ResizeObserver(measure).observe(document.documentElement);
  measure();
}

// A new page begins at its top, also where the platform's page is what scrolls.
export function scrollToTop() {
  window.scrollTo(0, 0);
  tell({ subject: 'lti.scrollToTop' });
}
