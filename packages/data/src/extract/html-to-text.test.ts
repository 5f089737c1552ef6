import { expect, test } from 'vitest';
import { htmlToText } from './html-to-text.ts';
import { parseUdhrPage } from './udhr-page.ts';

test('keeps paragraphs and headings, drops scripts, styles, navigation and link lists', () => {
  const { title, text, languageTag } = htmlToText(`<!doctype html><html lang="sw"><head><title> Habari  za leo </title>
    <style>p { color: red }</style><script>alert("x")</script></head><body>
    <nav><a href="/">Home</a> <a href="/a">About</a></nav>
    <div><a href="1">One</a> | <a href="2">Two</a> | <a href="3">Three</a></div>
    <main><h1>Title</h1><p>First <b>bold</b> paragraph<br>goes on.</p><div>Second &amp; <a href="x">linked</a> paragraph text.</div>
    <ul><li>item one<li>item two</ul><p hidden>secret</p></main><footer>Imprint</footer></body></html>`);
  expect(title).toBe('Habari za leo');
  expect(languageTag).toBe('sw');
  expect(text).toBe('Title\nFirst bold paragraph goes on.\nSecond & linked paragraph text.\nitem one\nitem two');
});

test('reads pages without any structure and empty ones', () => {
  expect(htmlToText('just text').text).toBe('just text');
  expect(htmlToText('').text).toBe('');
  expect(htmlToText('<p>unclosed <i>tags').text).toBe('unclosed tags');
});

const prose = (word: string) => `<p>${`${word} and more words follow here `.repeat(4)}.</p>`;

test('leaves out what is named as furniture, short lines beside prose, and headings without text', () => {
  const { text } =
    htmlToText(`<body><div class="main-content"><h1>Story</h1><div class="byline">by someone who writes.</div>${prose('one')}
    <span>7. oktober 2020</span>${prose('two')}<ul><li>an item</li></ul><h2>Related stories</h2></div>
    <div id="comments"><p>First! This is a long comment that ends in a full stop, as prose does.</p></div></body>`);
  expect(text.split('\n').map((line) => line.slice(0, 7))).toEqual(['Story', 'one and', 'two and', 'an item']);
});

test('a page whose whole text is named as furniture keeps it', () => {
  expect(htmlToText(`<body><div class="widget">${prose('one')}</div></body>`).text).toMatch(/^one and/);
});

test('a page nested far deeper than the call stack is read', () => {
  expect(htmlToText(`${'<div>'.repeat(20_000)}deep`).text).toBe('deep');
});

test('line breaks in Chinese source are no spaces', () => {
  expect(htmlToText('<p>进行任何旨在\n        破坏本宣言。\nnext line</p>').text).toBe(
    '进行任何旨在破坏本宣言。 next line',
  );
});

test('a UDHR page gives preamble and articles, list items as paragraphs, in order', () => {
  const page = parseUdhrPage(`<html><body><h1>Declaration</h1><header><h2>Preamble</h2><p>Whereas</p></header>
    <article data-number="2"><h2>Article 2</h2><p>Two.</p></article>
    <article data-number="1"><h1>Article 1</h1><p>Intro</p><ol><li><p>first</p></li><li></li><li><p>second</p></li></ol><p>@</p></article>
    <article data-number="31"><p>no such article</p></article><article><p>unnumbered</p></article></body></html>`);
  expect(page.title).toBe('Declaration');
  expect(page.articles).toEqual([
    { number: 0, title: 'Preamble', paragraphs: ['Whereas'] },
    { number: 1, title: 'Article 1', paragraphs: ['Intro', 'first', 'second'] },
    { number: 2, title: 'Article 2', paragraphs: ['Two.'] },
  ]);
});
