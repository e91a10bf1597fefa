// The teacher's rating: no typed comment is left behind by mistake, and Ctrl+Enter sends.

export function setUpReview(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = 'yes';
  const before = new URLSearchParams(new FormData(form)).toString();
  const isChanged = () => new URLSearchParams(new FormData(form)).toString() !== before;
  let isSending = false;

  form.addEventListener('submit', () => { isSending = true; });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  window.addEventListener('beforeunload', (event) => {
    if (form.isConnected && !isSending && isChanged()) event.preventDefault();
  });
}
