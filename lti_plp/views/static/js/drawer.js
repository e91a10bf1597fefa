// The browser's own storage, where it lets us have any, for words that the server does not have yet.
// Names are opaque: they tell nobody whose words they are, or for what.

const PREFIX = 'lti_plp:';

export const drawer = {
  read(name) {
    try {
      const { text, base } = JSON.parse(localStorage.getItem(PREFIX + name));
      return typeof text === 'string' && Number.isInteger(base) ? { text, base } : null;
    } catch {
      return null;
    }
  },
  write(name, text, base) {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify({ text, base }));
    } catch { /* Then the page itself is the only place. */ }
  },
  clear(name) {
    try {
      localStorage.removeItem(PREFIX + name);
    } catch { /* Nothing was written either. */ }
  },
  // Says whether there is anything whose name begins so.
  holds(beginning) {
    try {
      return Object.keys(localStorage).some((key) => key.startsWith(PREFIX + beginning));
    } catch {
      return false;
    }
  },
};
