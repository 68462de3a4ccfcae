// How long each text is while it is written, counted as its network counts it: the same rules as
// server/networks.py, which has the last word.

const form = document.querySelector("form[data-counters]");
const LINK = /https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?()[\]…]/giu;
const BARE =
  /(?<![\w@.#/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:nl|com|org|net|eu|be|de|fr|uk|io|app|info|shop)(?![\w-])(?:\/[^\s<>"]*[\w/])?/giu;
const MENTION = /(?<![\w/])(@\w+)@[\w.-]+\w/g;
const LINK_COUNTS = 23;
const NEAR = 0.85; // as ambassadors/console/previews.py
const grouped = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" }).format;
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const segmenter = new Intl.Segmenter("nl", { granularity: "grapheme" });

const graphemes = (text) => [...segmenter.segment(text)].map((part) => part.segment);
const isEmoji = (grapheme) =>
  /\p{Emoji_Presentation}|\ufe0f|\u20e3/u.test(grapheme) || /^[\u{1f1e6}-\u{1faff}]/u.test(grapheme);
const bytes = (text) => new TextEncoder().encode(text).length;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

const weight = (grapheme) =>
  isEmoji(grapheme)
    ? 2
    : sum([...grapheme].map((c) => {
        const code = c.codePointAt(0);
        return LIGHT.some(([low, high]) => low <= code && code <= high) ? 1 : 2;
      }));

// The text without its links, and how many there were.
const withoutLinks = (text, ...patterns) => {
  let links = 0;
  for (const pattern of patterns) {
    links += (text.match(pattern) ?? []).length;
    text = text.replace(pattern, "");
  }
  return [text, links];
};

const COUNT = {
  x: (text) => {
    const [rest, links] = withoutLinks(text, LINK, BARE);
    return LINK_COUNTS * links + sum(graphemes(rest.normalize("NFC")).map(weight));
  },
  bluesky: (text) => graphemes(text).length,
  mastodon: (text) => {
    const [rest, links] = withoutLinks(text, LINK);
    return LINK_COUNTS * links + graphemes(rest.replace(MENTION, "$1")).length;
  },
  threads: (text) =>
    sum(graphemes(text).map((part) => (isEmoji(part) ? bytes(part) : [...part].length))),
};

const worded = (name, facts) =>
  form
    .querySelector(`template[data-count-${name}]`)
    .innerHTML.replace(/\{(\w+)\}/g, (_found, fact) => facts[fact]);

const count = (area) => {
  const out = form.querySelector(`[data-count-of="${area.id}"]`);
  const words = area.value.trim();
  if (!words) {
    out.textContent = "";
    out.classList.remove("over");
    return "";
  }
  const rewarded = form.elements.rewarded.checked ? "-rewarded" : "";
  const opening = form.getAttribute(`data-opening-${area.lang}${rewarded}`);
  const link = form.elements.link.value.trim() && area.dataset.link ? ` ${form.dataset.shortLink}` : "";
  const whole = `${opening}\n\n${words}${link}`;
  const n = (COUNT[area.dataset.network] ?? ((text) => text.length))(whole);
  const limit = Number(area.dataset.limit);
  const over = limit ? n - limit : 0;
  const kind = over > 0 ? "over" : "fits";
  // A limit that is far away is not worth a word.
  const near = limit && n >= NEAR * limit;
  const said = { n: grouped(n), limit: grouped(limit), over: grouped(over) };
  out.textContent = near ? worded(kind, said) : "";
  out.classList.toggle("over", over > 0);
  return over > 0 ? out.textContent : "";
};

const areas = [...form.querySelectorAll("textarea[data-network]")];
const said = form.querySelector("[data-count-said]");
const countAll = () => areas.forEach(count);
let pause;

for (const area of areas) {
  area.addEventListener("input", () => {
    const over = count(area);
    // A screen reader hears that it is too long once the writer pauses, and not at every key.
    clearTimeout(pause);
    pause = setTimeout(() => {
      said.textContent = over;
    }, 800);
  });
}
form.elements.rewarded.addEventListener("change", countAll);
form.elements.link.addEventListener("input", countAll);
countAll();
