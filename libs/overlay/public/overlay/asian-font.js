/** Signs, kana, kanji and full-width forms. The font is cut into small files, of which a browser loads those that a text needs. */
const asian = /[\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;

let isAsked = false;

/** Loads the style sheet of the Japanese font for the first text that needs it: it is larger than the whole page. */
export function loadFontFor(text) {
  if (isAsked || !asian.test(text ?? '')) return;
  isAsked = true;
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet' });
  link.href = '/overlay/assets/noto-sans-jp.css';
  document.head.append(link);
}
