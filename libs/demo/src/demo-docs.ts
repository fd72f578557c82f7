import type { DocsOptions } from '#platform';
import { type DemoFile, readDemoFile } from './demo-file.js';

/** The made-up ids in the examples of the documentation, and the ids of the demo that stand there instead. */
const idsOf = ({ session_id, funding_goal_id, streamer, viewer }: DemoFile): Record<string, string> => ({
  '0123456789abcdef01234567': funding_goal_id,
  '0123456789abcdef0123456b': funding_goal_id,
  '0123456789abcdef01234568': session_id,
  '0123456789abcdef01234569': streamer.user_id,
  '0123456789abcdef0123456c': viewer.user_id,
});

/** Has Swagger UI send requests that work as they stand: its examples have the ids of the demo, and it has a token. */
export function demoDocs(file: string): DocsOptions {
  return {
    async patch(document) {
      const demo = await readDemoFile(file).catch(() => undefined);
      if (!demo) return document;
      const ids = idsOf(demo);
      const text = JSON.stringify(document).replace(/0123456789abcdef[0-9a-f]{8}/g, (id) => ids[id] ?? id);
      return JSON.parse(text) as typeof document;
    },
    onComplete: authorizeAsDemo,
  };
}

/** Its source is sent to the browser, so it must not reference anything outside itself. */
async function authorizeAsDemo(): Promise<void> {
  const { localStorage, ui } = globalThis as unknown as {
    localStorage: { getItem(key: string): string | null };
    ui: { preauthorizeApiKey(scheme: string, token: string): void };
  };
  // A token that the user has given is kept over a reload.
  const kept = JSON.parse(localStorage.getItem('authorized') ?? '{}') as object;
  if (Object.keys(kept).length > 0) return;
  const config = await fetch('/demo/config.json');
  if (!config.ok) return;
  const { docs } = (await config.json()) as { docs: { token: string } };
  ui.preauthorizeApiKey('bearer', docs.token);
}
