// Nobody sits before a browser source to reload it: what could not be loaded from a server that was busy is loaded again.
const againMs = 3_000;
const again = () => setTimeout(() => location.reload(), againMs);

addEventListener('error', ({ target }) => target instanceof HTMLLinkElement && again(), true);
import('./overlay.js').catch((error) => {
  console.warn(error);
  again();
});
