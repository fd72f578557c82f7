/** The addresses of a session: making one, copying it, and revoking each that holds. */
export function createAddresses({ part, attempt, onToken }) {
  let query = new URLSearchParams();
  let own;
  let session;
  let send;
  const path = () => `/sessions/${session}/overlay-tokens`;

  function write() {
    if (!own) return;
    const url = new URL(own.url);
    for (const [name, value] of query) url.searchParams.set(name, value);
    part('url').value = url.href;
  }

  async function list() {
    const { items } = await send('GET', path());
    part('tokens').replaceChildren(...items.map(itemOf));
    part('none').hidden = items.length > 0;
  }

  function itemOf({ overlay_id: id, created_at: created }) {
    const item = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Revoke' });
    const time = new Date(created).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' });
    button.setAttribute('aria-label', `Revoke the address of ${time}`);
    button.addEventListener('click', () => attempt(() => revoke(id)));
    item.append(`${time}${id === own?.overlay_id ? ', shown above' : ''} `, button);
    return item;
  }

  async function revoke(id) {
    await send('DELETE', `${path()}/${id}`);
    if (id === own?.overlay_id) show(undefined);
    await list();
  }

  function show(created) {
    own = created;
    for (const name of ['url-label', 'copy']) part(name).hidden = !own;
    part('copied').textContent = '';
    write();
    onToken(own?.token);
  }

  part('create').addEventListener('click', () =>
    attempt(async () => {
      show(await send('POST', path()));
      await list();
    }),
  );
  part('copy').addEventListener('click', () =>
    attempt(async () => {
      part('url').select();
      await navigator.clipboard.writeText(part('url').value);
      part('copied').textContent = 'Copied. Treat it like a password.';
    }),
  );

  return {
    async open(ofSession, sendAs) {
      [session, send] = [ofSession, sendAs];
      await list();
    },
    /** Takes the settings that the address is to have. */
    show(next) {
      query = next;
      write();
    },
  };
}
