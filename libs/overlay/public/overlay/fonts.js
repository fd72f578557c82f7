const hangul = /\p{Script=Hangul}/u;
const kana = /[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]/;
/** Han, with the punctuation and the full-width forms that come with it. */
const han = /[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uff65]/;

const isHanAlone = (text) => han.test(text) && !kana.test(text) && !hangul.test(text);

/**
 * The fonts of Asia: the style sheet of each, the text that needs it, and the language that such a text is taken for.
 *
 * Japanese, Korean and Chinese write many characters by one code, each in a form of its own. Kana and Hangul tell which is meant.
 * Han alone is Japanese on a Japanese page and Chinese elsewhere. The sheet for Chinese is loaded on a Japanese page as well:
 * the title may be Chinese, and only the sheets tell which characters the Japanese font lacks.
 */
const fonts = [
  {
    sheet: 'noto-sans-jp',
    lang: 'ja',
    isNeeded: (text) => kana.test(text) || (document.documentElement.lang === 'ja' && isHanAlone(text)),
  },
  { sheet: 'noto-sans-kr', lang: 'ko', isNeeded: (text) => hangul.test(text) },
  { sheet: 'noto-sans-sc', lang: 'zh', isNeeded: isHanAlone },
];

const asked = new Set();

/**
 * Loads the style sheets of the fonts that a text needs, each once: they are larger than the whole page. A font is cut into small
 * files, of which a browser loads those that hold characters of its text. Returns the language that the text is taken for, if any.
 */
export function loadFontsFor(text) {
  const needed = fonts.filter(({ isNeeded }) => isNeeded(text));
  for (const { sheet } of needed) {
    if (asked.has(sheet)) continue;
    asked.add(sheet);
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet' });
    link.href = `/overlay/assets/${sheet}.css`;
    document.head.append(link);
  }
  return needed[0]?.lang;
}

/** Writes words that may be of any script. The language of the element picks its font where several have a character. */
export function writeWords(element, text) {
  if (element.textContent === text) return;
  const lang = loadFontsFor(text);
  if (lang) element.lang = lang;
  else element.removeAttribute('lang');
  element.textContent = text;
}
