// Tells the page around this frame what was picked; only that page has the teacher's session.
document.getElementById('add')?.addEventListener('click', (event) => {
  window.parent.postMessage({ sandbox: 'picked', handle: event.currentTarget.dataset.handle }, window.location.origin);
});
