import { inkOn, standingOut } from './colors.js';
import { loadFontsFor } from './fonts.js';

/** The panel of each theme, as its color on air is; without a panel letters have a dark outline. */
const panels = { dark: '#14171c', light: '#f7f8fa', none: '#14171c' };
const accents = { dark: '#4fd1a1', light: '#0b7a55', none: '#4fd1a1' };

/** What a bar must have against its panel by WCAG 1.4.11. */
const leastOfShapes = 3;

/** Puts the settings that are looks onto the page; returns the accent as it is shown. */
export function applyLooks(root, settings, words) {
  const { theme, font, scale, layout, position, lang } = settings;
  const accent = standingOut(settings.accent ?? accents[theme], panels[theme], leastOfShapes);
  const onAccent = inkOn(accent);
  root.lang = lang;
  Object.assign(root.dataset, { theme, layout, position, motion: settings.motion });
  root.style.setProperty('--accent', accent);
  root.style.setProperty('--on-accent', onAccent);
  root.style.setProperty('--scale', scale);
  if (font) root.style.setProperty('--font', `"${font}"`);
  for (const element of document.querySelectorAll('[data-word]'))
    element.textContent = words.say(element.dataset.word);
  document.title = words.say('heading');
  loadFontsFor(document.title);
  return { accent };
}
